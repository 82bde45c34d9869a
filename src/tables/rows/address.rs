//! `inet` and `cidr`: an address, and the length of its mask where it says something.

use super::{
    digits::push_unsigned,
    read::{Malformed, Reader},
};

const FAMILY_4: u8 = 2;
const FAMILY_6: u8 = 3;

/// A network always shows its mask, an address only one that is shorter than itself.
pub(super) fn push(out: &mut Vec<u8>, bytes: &[u8], network: bool) -> Result<(), Malformed> {
    const KIND: &str = "inet";
    let mut reader = Reader::new(bytes, KIND);
    let [family, mask, _cidr, length] = reader.array()?;
    let full = match (family, length) {
        (FAMILY_4, 4) => {
            push_dotted(out, reader.array()?);
            32
        }
        (FAMILY_6, 16) => {
            push_colons(out, reader.array()?);
            128
        }
        _ => return Err(Malformed(KIND)),
    };
    reader.end()?;
    if mask > full {
        return Err(Malformed(KIND));
    }
    if network || mask != full {
        out.push(b'/');
        push_unsigned(out, u64::from(mask));
    }
    Ok(())
}

fn push_dotted(out: &mut Vec<u8>, parts: [u8; 4]) {
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        push_unsigned(out, u64::from(part));
    }
}

/// Eight words; the first of the longest runs of zeros is left out, and the last two may be an address of version 4.
fn push_colons(out: &mut Vec<u8>, bytes: [u8; 16]) {
    let mut words = [0_u16; 8];
    for (word, two) in words.iter_mut().zip(bytes.chunks_exact(2)) {
        *word = u16::from_be_bytes([two[0], two[1]]);
    }
    let gap = longest_zeros(&words);
    let dotted = gap == (0..6) || (gap == (0..5) && words[5] == 0xffff);
    for (at, word) in words.into_iter().enumerate() {
        if gap.contains(&at) {
            out.extend_from_slice(if at == gap.start { b":" } else { b"" });
            continue;
        }
        if at > 0 {
            out.push(b':');
        }
        if at == 6 && dotted {
            push_dotted(out, [bytes[12], bytes[13], bytes[14], bytes[15]]);
            break;
        }
        push_word(out, word);
    }
    if gap.end == words.len() {
        out.push(b':');
    }
}

fn push_word(out: &mut Vec<u8>, word: u16) {
    let digits = [word >> 12, word >> 8 & 15, word >> 4 & 15, word & 15];
    let first = digits.iter().position(|digit| *digit != 0).unwrap_or(3);
    out.extend(digits[first..].iter().map(|digit| b"0123456789abcdef"[usize::from(*digit)]));
}

fn longest_zeros(words: &[u16; 8]) -> std::ops::Range<usize> {
    let mut best = 0..0;
    let mut start = 0;
    for (at, word) in words.iter().enumerate() {
        if *word != 0 {
            start = at + 1;
        } else if at + 1 - start > best.len() {
            best = start..at + 1;
        }
    }
    if best.len() < 2 { 0..0 } else { best }
}
