//! The text form of a value, as Postgres itself casts it to `text` and reads it back.

use super::{
    address,
    digits::{hex, push_hex, push_signed, push_unsigned},
    float::{push_f32, push_f64},
    moment::{self, Style},
    numeric,
    read::{Malformed, fixed},
    scalar::Scalar,
};

pub(super) fn push(out: &mut Vec<u8>, scalar: Scalar, bytes: &[u8]) -> Result<(), Malformed> {
    match scalar {
        Scalar::Bool => out.push(if boolean(bytes)? { b't' } else { b'f' }),
        Scalar::Int2 => push_signed(out, i64::from(i16::from_be_bytes(fixed(bytes, "smallint")?))),
        Scalar::Int4 => push_signed(out, i64::from(i32::from_be_bytes(fixed(bytes, "integer")?))),
        Scalar::Int8 => push_signed(out, i64::from_be_bytes(fixed(bytes, "bigint")?)),
        Scalar::Oid => push_unsigned(out, u64::from(u32::from_be_bytes(fixed(bytes, "oid")?))),
        Scalar::Float4 => push_f32(out, f32::from_be_bytes(fixed(bytes, "real")?)),
        Scalar::Float8 => push_f64(out, f64::from_be_bytes(fixed(bytes, "double precision")?)),
        Scalar::Numeric => numeric::push(out, bytes)?,
        Scalar::Text | Scalar::Json | Scalar::Jsonb => out.extend_from_slice(characters(scalar, bytes)?),
        Scalar::Uuid => push_uuid(out, fixed(bytes, "uuid")?),
        Scalar::Date => moment::push_date(out, bytes)?,
        Scalar::Timestamp => moment::push_timestamp(out, bytes, false, Style::Text)?,
        Scalar::TimestampZoned => moment::push_timestamp(out, bytes, true, Style::Text)?,
        Scalar::Time => moment::push_time(out, bytes)?,
        Scalar::TimeZoned => moment::push_time_zoned(out, bytes)?,
        Scalar::Interval => moment::push_interval(out, bytes)?,
        Scalar::Bytes => {
            out.extend_from_slice(b"\\x");
            push_hex(out, bytes);
        }
        Scalar::Inet => address::push(out, bytes, false)?,
        Scalar::Cidr => address::push(out, bytes, true)?,
    }
    Ok(())
}

pub(super) fn boolean(bytes: &[u8]) -> Result<bool, Malformed> {
    match bytes {
        [0] => Ok(false),
        [1] => Ok(true),
        _ => Err(Malformed("boolean")),
    }
}

/// The characters of a value that is text on the wire, as UTF-8; `jsonb` has a version before them.
pub(super) fn characters(scalar: Scalar, bytes: &[u8]) -> Result<&[u8], Malformed> {
    let bytes = match (scalar, bytes) {
        (Scalar::Jsonb, [1, text @ ..]) => text,
        (Scalar::Jsonb, _) => return Err(Malformed("jsonb")),
        _ => bytes,
    };
    // Most texts are ASCII, which is found out faster.
    if bytes.is_ascii() || std::str::from_utf8(bytes).is_ok() { Ok(bytes) } else { Err(Malformed("text")) }
}

/// 8-4-4-4-12 hexadecimal digits.
pub(super) fn push_uuid(out: &mut Vec<u8>, bytes: [u8; 16]) {
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (number, byte) in bytes.into_iter().enumerate() {
        at += usize::from(matches!(number, 4 | 6 | 8 | 10));
        text[at..at + 2].copy_from_slice(&hex(byte));
        at += 2;
    }
    out.extend_from_slice(&text);
}
