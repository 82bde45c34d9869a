//! Floating-point numbers, as Postgres prints them: the fewest digits that read back as the same number, with an
//! exponent outside a range that depends on the precision.
//!
//! The standard library finds the digits. Postgres decides two rare cases differently: where two decimals are equally
//! near to the number it takes the even one, and a decimal that lies exactly between two numbers gets another digit,
//! because it does not rely on the reader's rounding.

use std::io::Write;

use super::digits::push_unsigned;

/// The digits of a positive number, and the decimal exponent of the first one.
struct Decimal {
    digits: [u8; 17],
    length: usize,
    exponent: i32,
}

impl Decimal {
    /// The digits as a whole number, and the power of ten that it is to be multiplied with.
    fn whole(&self) -> (u128, i32) {
        let digits = self.digits[..self.length].iter().fold(0, |n, digit| 10 * n + u128::from(digit - b'0'));
        (digits, self.exponent + 1 - self.length as i32)
    }
}

/// What distinguishes the two precisions.
struct Binary {
    /// The mantissa as a whole number, 0 for none.
    mantissa: u64,
    /// The exponent of its last bit.
    exponent: i32,
    /// Whether the numbers below lie twice as close as those above.
    closer_below: bool,
    /// From this decimal exponent on an exponent is printed.
    scientific_from: i32,
    /// Digits that always suffice.
    digits: usize,
}

pub(super) fn push_f64(out: &mut Vec<u8>, value: f64) {
    if special(out, value) {
        return;
    }
    let bits = value.to_bits();
    let (fraction, raw) = (bits & ((1 << 52) - 1), (bits >> 52 & 0x7ff) as i32);
    let binary = Binary {
        mantissa: if raw == 0 { fraction } else { fraction | 1 << 52 },
        exponent: raw.max(1) - 1075,
        closer_below: fraction == 0 && raw > 1,
        scientific_from: 15,
        digits: 17,
    };
    push(out, value.abs(), &binary);
}

pub(super) fn push_f32(out: &mut Vec<u8>, value: f32) {
    if special(out, f64::from(value)) {
        return;
    }
    let bits = value.to_bits();
    let (fraction, raw) = (bits & ((1 << 23) - 1), (bits >> 23 & 0xff) as i32);
    let binary = Binary {
        mantissa: u64::from(if raw == 0 { fraction } else { fraction | 1 << 23 }),
        exponent: raw.max(1) - 150,
        closer_below: fraction == 0 && raw > 1,
        scientific_from: 6,
        digits: 9,
    };
    push(out, value.abs(), &binary);
}

/// Prints the sign, and the whole of a value that has no digits.
fn special(out: &mut Vec<u8>, value: f64) -> bool {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
        return true;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    if value.is_infinite() {
        out.extend_from_slice(b"Infinity");
    } else if value == 0.0 {
        out.push(b'0');
    }
    value.is_infinite() || value == 0.0
}

fn push<F: std::fmt::LowerExp>(out: &mut Vec<u8>, value: F, binary: &Binary) {
    let mut decimal = parse(|mut buffer| write!(buffer, "{value:e}"));
    settle_tie(&mut decimal, binary);
    // One more digit each time; the last is nearer to the value than any middle can be.
    for length in decimal.length..binary.digits {
        if !in_the_middle(&decimal, binary) {
            break;
        }
        decimal = parse(|mut buffer| write!(buffer, "{value:.length$e}"));
    }
    lay_out(out, &decimal, binary.scientific_from);
}

/// Reads `d.ddde-12` as the formatting machinery writes it.
fn parse(print: impl FnOnce(&mut [u8]) -> std::io::Result<()>) -> Decimal {
    let mut buffer = [0; 32];
    print(&mut buffer).expect("17 digits, a point and an exponent fit into 32 bytes");
    let mut decimal = Decimal { digits: [b'0'; 17], length: 0, exponent: 0 };
    let mut bytes = buffer.iter().copied().take_while(|byte| *byte != 0);
    for byte in bytes.by_ref().take_while(|byte| *byte != b'e') {
        if byte != b'.' {
            decimal.digits[decimal.length] = byte;
            decimal.length += 1;
        }
    }
    let mut sign = 1;
    for byte in bytes {
        match byte {
            b'-' => sign = -1,
            digit => decimal.exponent = 10 * decimal.exponent + i32::from(digit - b'0'),
        }
    }
    decimal.exponent *= sign;
    while decimal.length > 1 && decimal.digits[decimal.length - 1] == b'0' {
        decimal.length -= 1;
    }
    decimal
}

/// Makes the last digit even where the number lies exactly between two decimals.
fn settle_tie(decimal: &mut Decimal, binary: &Binary) {
    let last = decimal.length - 1;
    let digit = decimal.digits[last];
    if digit.is_multiple_of(2) {
        return;
    }
    let zeros = binary.mantissa.trailing_zeros();
    let number = Some((u128::from(binary.mantissa >> zeros), binary.exponent + zeros as i32));
    let (digits, scale) = decimal.whole();
    // Below a power of two the numbers lie so close that the lower decimal, half a step away, may belong to another one.
    let belongs = !binary.closer_below || 10_f64.powi(scale) < 2_f64.powi(binary.exponent - 1);
    if belongs && odd_and_twos(10 * digits - 5, scale - 1) == number {
        decimal.digits[last] = digit - 1;
    } else if digit < b'9' && odd_and_twos(10 * digits + 5, scale - 1) == number {
        decimal.digits[last] = digit + 1;
    }
}

/// Whether the decimal lies exactly between the number and one of its neighbours.
fn in_the_middle(decimal: &Decimal, binary: &Binary) -> bool {
    // Only a number whose last bit is 0 attracts the middle.
    if !binary.mantissa.is_multiple_of(2) {
        return false;
    }
    let (digits, scale) = decimal.whole();
    let Some(found) = odd_and_twos(digits, scale) else { return false };
    let double = 2 * u128::from(binary.mantissa);
    found == (double + 1, binary.exponent - 1)
        || found == (double - 1, binary.exponent - 1)
        || binary.closer_below && found == (2 * double - 1, binary.exponent - 2)
}

/// `digits` times ten to the power of `scale`, as an odd number times a power of two; nothing where that takes more bits
/// than a floating-point number or the middle of two has.
fn odd_and_twos(digits: u128, scale: i32) -> Option<(u128, i32)> {
    let fives = 5_u128.checked_pow(scale.unsigned_abs()).filter(|fives| *fives < 1 << 63)?;
    let whole = match scale {
        0.. => digits * fives,
        _ if digits.is_multiple_of(fives) => digits / fives,
        _ => return None,
    };
    let twos = whole.trailing_zeros();
    Some((whole >> twos, scale + twos as i32))
}

fn lay_out(out: &mut Vec<u8>, decimal: &Decimal, scientific_from: i32) {
    let (digits, exponent) = (&decimal.digits[..decimal.length], decimal.exponent);
    if exponent < -4 || exponent >= scientific_from {
        out.push(digits[0]);
        if digits.len() > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
        if exponent.abs() < 10 {
            out.push(b'0');
        }
        push_unsigned(out, u64::from(exponent.unsigned_abs()));
    } else if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', (-exponent - 1) as usize));
        out.extend_from_slice(digits);
    } else {
        let whole = exponent as usize + 1;
        out.extend_from_slice(&digits[..whole.min(digits.len())]);
        if digits.len() > whole {
            out.push(b'.');
            out.extend_from_slice(&digits[whole..]);
        } else {
            out.extend(std::iter::repeat_n(b'0', whole - digits.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double(value: f64) -> String {
        let mut out = Vec::new();
        push_f64(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn exponents_begin_where_postgres_begins_them() {
        for (value, text) in [
            (0.1, "0.1"),
            (-0.0, "-0"),
            (100.0, "100"),
            (123_456.75, "123456.75"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (1.5e20, "1.5e+20"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double(value), text);
        }
        let mut out = Vec::new();
        push_f32(&mut out, 1_000_000.0);
        push_f32(&mut out, -0.3);
        assert_eq!(out, b"1e+06-0.3");
    }

    #[test]
    fn a_decimal_between_two_numbers_gets_another_digit() {
        // 1.801439850948199e16 lies in the middle of this number and the one below.
        assert_eq!(format!("{:e}", 18_014_398_509_481_992.0_f64), "1.801439850948199e16");
        assert_eq!(double(18_014_398_509_481_992.0), "1.8014398509481992e+16");
    }

    #[test]
    fn of_two_decimals_that_are_equally_near_the_even_one_is_taken() {
        let mut out = Vec::new();
        push_f32(&mut out, 15_333_305.0 / 4.0);
        assert_eq!(out, b"3.8333262e+06");
    }
}
