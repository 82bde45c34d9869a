//! Printing whole numbers: two digits at a time, without the formatting machinery.

/// `00` to `99`, one after the other.
const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut n = 0;
    while n < 100 {
        pairs[2 * n] = b'0' + (n / 10) as u8;
        pairs[2 * n + 1] = b'0' + (n % 10) as u8;
        n += 1;
    }
    pairs
};

/// The two digits of a number below 100.
pub(super) fn pair(n: u32) -> [u8; 2] {
    let at = 2 * (n % 100) as usize;
    [PAIRS[at], PAIRS[at + 1]]
}

/// The four digits of a number below 10,000.
pub(super) fn four(n: u32) -> [u8; 4] {
    let ([a, b], [c, d]) = (pair(n / 100), pair(n));
    [a, b, c, d]
}

pub(super) fn push_unsigned(out: &mut Vec<u8>, mut n: u64) {
    let mut buffer = [0; 20];
    let mut at = buffer.len();
    while n >= 100 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&pair((n % 100) as u32));
        n /= 100;
    }
    if n >= 10 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&pair(n as u32));
    } else {
        at -= 1;
        buffer[at] = b'0' + n as u8;
    }
    out.extend_from_slice(&buffer[at..]);
}

pub(super) fn push_signed(out: &mut Vec<u8>, n: i64) {
    if n < 0 {
        out.push(b'-');
    }
    push_unsigned(out, n.unsigned_abs());
}

/// `00` to `ff`, one after the other.
const HEX: [u8; 512] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [0; 512];
    let mut n = 0;
    while n < 256 {
        pairs[2 * n] = digits[n >> 4];
        pairs[2 * n + 1] = digits[n & 15];
        n += 1;
    }
    pairs
};

/// One byte as two lower-case hexadecimal digits.
pub(super) fn hex(byte: u8) -> [u8; 2] {
    let at = 2 * usize::from(byte);
    [HEX[at], HEX[at + 1]]
}

/// Each byte as two lower-case hexadecimal digits.
pub(super) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(2 * bytes.len());
    for byte in bytes {
        out.extend_from_slice(&hex(*byte));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_print_as_std_prints_them() {
        let edges = [0, 1, 9, 10, 99, 100, 101, 9_999, 10_000, 123_456_789, i64::MAX - 1, i64::MAX];
        for n in edges.into_iter().flat_map(|n| [n, -n]).chain([i64::MIN]) {
            let mut out = Vec::new();
            push_signed(&mut out, n);
            assert_eq!(String::from_utf8(out).unwrap(), n.to_string());
        }
        let mut out = Vec::new();
        push_unsigned(&mut out, u64::MAX);
        assert_eq!(String::from_utf8(out).unwrap(), u64::MAX.to_string());
    }
}
