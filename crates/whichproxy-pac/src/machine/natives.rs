//! JavaScript's own functions.

use super::methods::argument;
use super::operators::power;
use super::value::{Value, is_space};
use super::{Machine, Made, Run, Stop};
use crate::syntax::{Map, Native};

impl<'r> Machine<'r, '_> {
    pub(super) fn native(
        &mut self,
        native: Native,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let first = argument(arguments, 0);
        let second = argument(arguments, 1);
        let is_number = matches!(first, Value::Number(_));
        Ok(match native {
            Native::Abs => Value::Number(first.number()?.abs()),
            Native::Ceil => Value::Number(first.number()?.ceil()),
            Native::Floor => Value::Number(first.number()?.floor()),
            Native::Trunc => Value::Number(first.number()?.trunc()),
            Native::Sqrt => Value::Number(first.number()?.sqrt()),
            Native::Round => {
                let number = first.number()?;
                // What lies between two integers, goes up.
                Value::Number(match number.fract() {
                    -0.5 => number.ceil(),
                    _ => number.round(),
                })
            }
            Native::Sign => {
                let number = first.number()?;
                Value::Number(if number == 0.0 || number.is_nan() {
                    number
                } else {
                    number.signum()
                })
            }
            Native::Power => {
                Value::Number(power(first.number()?, second.number()?))
            }
            Native::Max | Native::Min => {
                let mut best = match native {
                    Native::Max => f64::NEG_INFINITY,
                    _ => f64::INFINITY,
                };
                for argument in arguments {
                    let number = argument.number()?;
                    // Zeros with signs and what is no number are subtle.
                    if number.is_nan() || (number == 0.0 && best == 0.0) {
                        return Err(Stop::RETRY);
                    }
                    best = match native {
                        Native::Max => best.max(number),
                        _ => best.min(number),
                    };
                }
                Value::Number(best)
            }
            Native::Set | Native::Map => {
                return self.make_keyed(first, native == Native::Map);
            }
            Native::Random => {
                if self.loading {
                    return Err(Stop::RETRY);
                }
                Value::Number(self.chance.next())
            }
            Native::IsNan => Value::Bool(first.number()?.is_nan()),
            Native::IsFinite => Value::Bool(first.number()?.is_finite()),
            Native::NumberIsNan => {
                Value::Bool(is_number && first.number()?.is_nan())
            }
            Native::NumberIsFinite => {
                Value::Bool(is_number && first.number()?.is_finite())
            }
            Native::IsInteger => {
                Value::Bool(is_number && first.number()?.fract() == 0.0)
            }
            Native::Boolean => Value::Bool(first.truth()),
            Native::Number if arguments.is_empty() => Value::Number(0.0),
            Native::Number => Value::Number(first.number()?),
            Native::String if arguments.is_empty() => Value::Text(""),
            Native::String => Value::Text(first.text(self.arena)?),
            Native::ParseInt => Value::Number(self.parse_int(first, second)?),
            Native::ParseFloat => {
                Value::Number(parse_float(first.text(self.arena)?)?)
            }
            Native::IsArray => Value::Bool(self.is_list(first)),
            Native::ArrayOf => self.make(Made::Array(arguments.to_vec()))?,
            Native::ArrayFrom => {
                if first.is_none() || !matches!(second, Value::Undefined) {
                    return Err(Stop::RETRY);
                }
                let list = self.elements(first)?;
                let count = self.count(list).unwrap_or(0);
                self.spend(1 + count as u64)?;
                self.hold_elements(count)?;
                let all = (0..count).filter_map(|at| self.element(list, at));
                let all = all.collect();
                self.make(Made::Array(all))?
            }
            Native::Create => {
                if !matches!(second, Value::Undefined) {
                    return Err(Stop::RETRY);
                }
                let object = self.make(Made::Map(Map::default()))?;
                let Value::Made(index) = object else {
                    return Err(Stop::RETRY);
                };
                self.set_prototype(index, first)?;
                object
            }
            Native::Assign => {
                let Value::Made(_) = first else { return Err(Stop::RETRY) };
                if self.is_list(first) || self.keys(first).is_err() {
                    return Err(Stop::RETRY);
                }
                for from in arguments.iter().skip(1) {
                    self.assign(first, *from)?;
                }
                first
            }
            Native::Keys | Native::Values | Native::Entries => {
                self.listed(native, first)?
            }
            Native::FromCharCode => {
                let mut text = String::new();
                for code in arguments {
                    let code = code.number()?;
                    if !(0.0..128.0).contains(&code) {
                        return Err(Stop::RETRY);
                    }
                    text.push(char::from(code as u8));
                }
                self.spend_new_text(text.len())?;
                Value::Text(self.arena.alloc_str(&text))
            }
            Native::Encode | Native::EncodeComponent => {
                let text = first.text(self.arena)?;
                let kept: &[u8] = match native {
                    Native::Encode => b"-_.!~*'();/?:@&=+$,#",
                    _ => b"-_.!~*'()",
                };
                self.spend_new_text(3 * text.len())?;
                let mut out = String::with_capacity(text.len());
                for byte in text.bytes() {
                    if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
                        out.push(char::from(byte));
                    } else {
                        out.push_str(&format!("%{byte:02X}"));
                    }
                }
                Value::Text(self.arena.alloc_str(&out))
            }
            Native::Decode | Native::DecodeComponent => {
                let text = first.text(self.arena)?;
                self.spend_new_text(text.len())?;
                let kept: &[u8] = match native {
                    Native::Decode => b";/?:@&=+$,#",
                    _ => b"",
                };
                let out = decoded(text, kept)?;
                Value::Text(self.arena.alloc_str(&out))
            }
        })
    }

    /// `Object.keys` and the like.
    fn listed(&mut self, native: Native, object: Value<'r>) -> Run<Value<'r>> {
        let count = self.count(object).ok_or(Stop::RETRY)?;
        self.spend(1 + count as u64)?;
        self.hold_elements(3 * count)?;
        let mut pairs = Vec::with_capacity(count);
        if self.is_list(object) {
            for index in 0..count {
                let key = Value::Number(index as f64).text(self.arena)?;
                let value = self.element(object, index).ok_or(Stop::RETRY)?;
                pairs.push((key, value));
            }
        } else {
            for key in self.keys(object)? {
                let value = self.property(object, key)?.ok_or(Stop::RETRY)?;
                pairs.push((key, value));
            }
        }
        let mut all = Vec::with_capacity(count);
        for (key, value) in pairs {
            all.push(match native {
                Native::Keys => Value::Text(key),
                Native::Values => value,
                _ => self.make(Made::Array(vec![Value::Text(key), value]))?,
            });
        }
        self.make(Made::Array(all))
    }

    fn parse_int(&self, value: Value<'r>, base: Value<'r>) -> Run<f64> {
        let base = match base {
            Value::Undefined => 0.0,
            Value::Number(base) if base.fract() == 0.0 => base,
            _ => return Err(Stop::RETRY),
        };
        let text = match value {
            Value::Number(number)
                if number == 0.0 || (1e-6..1e15).contains(&number.abs()) =>
            {
                if base != 0.0 && base != 10.0 {
                    value.text(self.arena)?
                } else if number == 0.0 {
                    // The sign of zero is not written.
                    return Ok(0.0);
                } else {
                    return Ok(number.trunc());
                }
            }
            _ => value.text(self.arena)?,
        };
        let text = text.trim_start_matches(is_space);
        let (negative, text) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..).unwrap_or("")),
            Some(b'+') => (false, text.get(1..).unwrap_or("")),
            _ => (false, text),
        };
        let prefixed = text.starts_with("0x") || text.starts_with("0X");
        let (base, text) = match base {
            0.0 | 16.0 if prefixed => (16, text.get(2..).unwrap_or("")),
            0.0 => (10, text),
            2.0..=36.0 => (base as u32, text),
            _ => return Err(Stop::RETRY),
        };
        let digits = text.chars().map_while(|digit| digit.to_digit(base));
        let (mut number, mut any) = (0.0_f64, false);
        for digit in digits {
            any = true;
            number = number * f64::from(base) + f64::from(digit);
            if number >= 9e15 {
                return Err(Stop::RETRY);
            }
        }
        Ok(match (any, negative) {
            (false, _) => f64::NAN,
            (true, false) => number,
            (true, true) => -number,
        })
    }
}

fn parse_float(text: &str) -> Run<f64> {
    let text = text.trim_start_matches(is_space);
    let bytes = text.as_bytes();
    let mut end = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let (mut digits, mut dot) = (0, false);
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' if !dot => dot = true,
            b'e' | b'E' | b'I' => return Err(Stop::RETRY),
            _ => break,
        }
        end += 1;
    }
    if digits == 0 {
        return Ok(f64::NAN);
    }
    let number = text.get(..end).and_then(|text| text.parse().ok());
    number.filter(|_| digits <= 15).ok_or(Stop::RETRY)
}

fn decoded(text: &str, kept: &[u8]) -> Run<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let code = rest.get(at + 1..at + 3).ok_or(Stop::RETRY)?;
        if !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Stop::RETRY);
        }
        let byte = u8::from_str_radix(code, 16).map_err(|_| Stop::RETRY)?;
        if !byte.is_ascii() {
            return Err(Stop::RETRY);
        }
        if kept.contains(&byte) {
            out.push('%');
            out.push_str(code);
        } else {
            out.push(char::from(byte));
        }
        rest = rest.get(at + 3..).unwrap_or("");
    }
    out.push_str(rest);
    Ok(out)
}
