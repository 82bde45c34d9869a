//! `numeric`: digits to the base of 10,000, printed without loss and with the scale that was stored.

use super::{
    digits::{four, push_unsigned},
    read::{Malformed, Reader},
};

const BASE: i16 = 10_000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

/// Digits after the point that Postgres can store.
const MAX_SCALE: u16 = 0x3FFF;

/// Digits of the base that one group of the binary form holds.
const GROUP: usize = 4;

pub(super) fn push(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Malformed> {
    const KIND: &str = "numeric";
    let mut reader = Reader::new(bytes, KIND);
    let count = reader.i16()?;
    let weight = i32::from(reader.i16()?);
    let sign = reader.i16()? as u16;
    let scale = reader.i16()? as u16;
    match sign {
        0 => {}
        NEGATIVE => out.push(b'-'),
        NAN => return word(out, "NaN"),
        INFINITY => return word(out, "Infinity"),
        MINUS_INFINITY => return word(out, "-Infinity"),
        _ => return Err(Malformed(KIND)),
    }
    let count = usize::try_from(count).map_err(|_| Malformed(KIND))?;
    if scale > MAX_SCALE {
        return Err(Malformed(KIND));
    }
    let groups = reader.take(2 * count)?;
    reader.end()?;
    // The groups that are stored stand for 10,000 to the power of `weight` downwards; the others are zero.
    let group = |power: i32| -> Result<u32, Malformed> {
        let stored = usize::try_from(weight - power).ok().and_then(|at| groups.get(2 * at..2 * at + 2));
        let Some(stored) = stored else { return Ok(0) };
        let value = i16::from_be_bytes([stored[0], stored[1]]);
        if (0..BASE).contains(&value) { Ok(value as u32) } else { Err(Malformed(KIND)) }
    };
    // Postgres stores no leading zeros; if it did, the number would be none in JSON.
    let mut first = weight.max(0);
    while first > 0 && group(first)? == 0 {
        first -= 1;
    }
    push_unsigned(out, u64::from(group(first)?));
    for power in (0..first).rev() {
        out.extend_from_slice(&four(group(power)?));
    }
    let mut left = usize::from(scale);
    if left > 0 {
        out.push(b'.');
    }
    let mut power = -1;
    while left > 0 {
        let shown = left.min(GROUP);
        out.extend_from_slice(&four(group(power)?)[..shown]);
        left -= shown;
        power -= 1;
    }
    Ok(())
}

fn word(out: &mut Vec<u8>, word: &str) -> Result<(), Malformed> {
    out.extend_from_slice(word.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(header: [i16; 4], groups: &[i16]) -> Result<String, Malformed> {
        let bytes: Vec<u8> = header.iter().chain(groups).flat_map(|n| n.to_be_bytes()).collect();
        let mut out = Vec::new();
        push(&mut out, &bytes)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn numbers_keep_every_digit_and_their_scale() {
        assert_eq!(print([2, 0, 0, 2], &[120, 5000]).unwrap(), "120.50");
        assert_eq!(print([0, 0, 0, 2], &[]).unwrap(), "0.00");
        assert_eq!(print([1, -1, 0x4000, 3], &[10]).unwrap(), "-0.001");
        assert_eq!(print([1, -2, 0, 8], &[1]).unwrap(), "0.00000001");
        assert_eq!(print([1, 2, 0, 0], &[7]).unwrap(), "700000000");
        assert_eq!(print([0, 0, 0xC000_u16 as i16, 0], &[]).unwrap(), "NaN");
        assert_eq!(print([0, 0, 0xF000_u16 as i16, 0], &[]).unwrap(), "-Infinity");
    }

    #[test]
    fn digits_beyond_the_base_are_refused() {
        assert!(print([1, 0, 0, 0], &[10_000]).is_err());
        assert!(print([1, 0, 0, 0], &[-1]).is_err());
        assert!(print([2, 0, 0, 0], &[1]).is_err());
        assert!(print([1, 0, 0, 0], &[1, 2]).is_err());
    }
}
