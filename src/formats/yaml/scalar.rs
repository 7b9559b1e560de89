//! Plain scalars by the core schema: <https://yaml.org/spec/1.2.2/#103-core-schema>.

use super::Value;

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    number(text).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn number(text: &str) -> Option<Value> {
    let radix = |digits: &str, radix| i64::from_str_radix(digits, radix).ok().map(Value::Integer);
    if let Some(digits) = text.strip_prefix("0x").filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())) {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o").filter(|digits| digits.bytes().all(|b| matches!(b, b'0'..=b'7'))) {
        return radix(digits, 8);
    }
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(Value::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map(Value::Integer).or_else(|_| text.parse().map(Value::Float)).ok();
    }
    let mantissa = unsigned.split(['e', 'E']).next().unwrap_or("");
    let numeric = unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && mantissa.bytes().any(|b| b.is_ascii_digit());
    if numeric { text.parse().map(Value::Float).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_schema() {
        for (text, value) in [
            ("on", Value::String("on".into())),
            ("no", Value::String("no".into())),
            ("", Value::Null),
            ("True", Value::Bool(true)),
            ("3.10", Value::Float(3.1)),
            ("3.10.1", Value::String("3.10.1".into())),
            ("-7", Value::Integer(-7)),
            ("010", Value::Integer(10)),
            ("0x1F", Value::Integer(31)),
            ("0o17", Value::Integer(15)),
            ("1e3", Value::Float(1000.0)),
            ("e3", Value::String("e3".into())),
            ("inf", Value::String("inf".into())),
            (".inf", Value::Float(f64::INFINITY)),
            ("12:30", Value::String("12:30".into())),
            ("99999999999999999999", Value::Float(1e20)),
            ("-", Value::String("-".into())),
            (".", Value::String(".".into())),
            ("1_000", Value::String("1_000".into())),
        ] {
            assert_eq!(resolve(text), value, "{text}");
        }
    }
}
