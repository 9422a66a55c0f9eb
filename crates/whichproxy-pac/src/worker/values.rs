//! Values of a loaded script, on the wire.

use super::wire::{Decoder, Encoder, Malformed};
use crate::engine::datum::{
    BYTES_MOST, DEPTH_MOST, Datum, Object, VALUES_MOST,
};
use crate::syntax::Text;

/// How much may still be read of one script, so that what a worker says
/// takes no more memory than what a script of this process may have.
#[derive(Debug)]
pub(super) struct Room {
    values: usize,
    bytes: usize,
    depth: usize,
}

impl Room {
    pub(super) fn new() -> Room {
        // A value is counted here once more where it comes again.
        let values = 2 * VALUES_MOST;
        Room { values, bytes: BYTES_MOST, depth: 0 }
    }

    fn count(&mut self) -> Result<(), Malformed> {
        let left = self.values.checked_sub(1);
        self.values = left.ok_or(Malformed("too many values"))?;
        Ok(())
    }

    /// A text of the script; ASCII, unless it is `any`.
    fn text<'b>(
        &mut self,
        from: &mut Decoder<'b>,
        any: bool,
    ) -> Result<&'b str, Malformed> {
        let text = from.text()?;
        let left = self.bytes.checked_sub(text.len());
        self.bytes = left.ok_or(Malformed("too much text"))?;
        match any || text.is_ascii() {
            true => Ok(text),
            false => Err(Malformed("a text beyond ASCII")),
        }
    }
}

const UNDEFINED: u8 = 0;
const NULL: u8 = 1;
const FALSE: u8 = 2;
const TRUE: u8 = 3;
const NUMBER: u8 = 4;
const TEXT: u8 = 5;
const ARRAY: u8 = 6;
const PLAIN: u8 = 7;
const SET: u8 = 8;
const MAP: u8 = 9;
const PATTERN: u8 = 10;
const FUNCTION: u8 = 11;
const AGAIN: u8 = 12;
const BUILTIN: u8 = 13;
const HAS_OWN: u8 = 14;

pub(super) fn encode(datum: &Datum, to: &mut Encoder) {
    match datum {
        Datum::Undefined => to.byte(UNDEFINED),
        Datum::Null => to.byte(NULL),
        Datum::Bool(false) => to.byte(FALSE),
        Datum::Bool(true) => to.byte(TRUE),
        Datum::Number(number) => {
            to.byte(NUMBER);
            to.large(number.to_bits());
        }
        Datum::Text(text) => {
            to.byte(TEXT);
            to.text(text);
        }
        Datum::Again(id) => {
            to.byte(AGAIN);
            to.small(*id);
        }
        Datum::Builtin(index) => {
            to.byte(BUILTIN);
            to.small(*index);
        }
        Datum::HasOwn => to.byte(HAS_OWN),
        Datum::Object(id, object) => encode_object(*id, object, to),
    }
}

fn encode_object(id: u32, object: &Object, to: &mut Encoder) {
    let start = |kind: u8, to: &mut Encoder| {
        to.byte(kind);
        to.small(id);
    };
    match object {
        Object::Array(elements) => {
            start(ARRAY, to);
            to.count(elements.len());
            elements.iter().for_each(|element| encode(element, to));
        }
        Object::Plain(pairs) | Object::Map(pairs) => {
            let is_map = matches!(object, Object::Map(_));
            start(if is_map { MAP } else { PLAIN }, to);
            to.count(pairs.len());
            for (name, value) in pairs {
                to.text(name);
                encode(value, to);
            }
        }
        Object::Set(texts) => {
            start(SET, to);
            to.count(texts.len());
            texts.iter().for_each(|text| to.text(text));
        }
        Object::Pattern { source, flags } => {
            start(PATTERN, to);
            to.text(source);
            to.text(flags);
        }
        Object::Function(text) => {
            start(FUNCTION, to);
            to.text(text);
        }
    }
}

pub(super) fn decode(
    from: &mut Decoder<'_>,
    room: &mut Room,
) -> Result<Datum, Malformed> {
    room.count()?;
    Ok(match from.byte()? {
        UNDEFINED => Datum::Undefined,
        NULL => Datum::Null,
        FALSE => Datum::Bool(false),
        TRUE => Datum::Bool(true),
        NUMBER => Datum::Number(f64::from_bits(from.large()?)),
        TEXT => Datum::Text(room.text(from, false)?.into()),
        AGAIN => Datum::Again(from.small()?),
        BUILTIN => Datum::Builtin(from.small()?),
        HAS_OWN => Datum::HasOwn,
        kind => {
            let id = from.small()?;
            room.depth += 1;
            // One more than boa's side goes down before it says so.
            if room.depth > DEPTH_MOST + 1 {
                return Err(Malformed("values nested too deeply"));
            }
            let object = decode_object(kind, from, room)?;
            room.depth -= 1;
            Datum::Object(id, Box::new(object))
        }
    })
}

fn decode_object(
    kind: u8,
    from: &mut Decoder<'_>,
    room: &mut Room,
) -> Result<Object, Malformed> {
    Ok(match kind {
        ARRAY => {
            let mut all = Vec::new();
            for _ in 0..from.count()? {
                all.push(decode(from, room)?);
            }
            Object::Array(all)
        }
        PLAIN => Object::Plain(pairs(from, room)?),
        MAP => Object::Map(pairs(from, room)?),
        SET => {
            let mut all = Vec::new();
            for _ in 0..from.count()? {
                room.count()?;
                all.push(Text::from(room.text(from, false)?));
            }
            Object::Set(all)
        }
        PATTERN => Object::Pattern {
            source: room.text(from, true)?.to_owned(),
            flags: room.text(from, true)?.to_owned(),
        },
        FUNCTION => Object::Function(room.text(from, true)?.to_owned()),
        _ => return Err(Malformed("a value of no kind")),
    })
}

fn pairs(
    from: &mut Decoder<'_>,
    room: &mut Room,
) -> Result<Vec<(Text, Datum)>, Malformed> {
    let mut all = Vec::new();
    for _ in 0..from.count()? {
        let name = room.text(from, false)?;
        if name == "__proto__" {
            return Err(Malformed("a property `__proto__`"));
        }
        all.push((name.into(), decode(from, room)?));
    }
    Ok(all)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Values of all kinds.
    pub(in crate::worker) fn datum() -> impl Strategy<Value = Datum> {
        let text = || "[a-z.]{0,9}".prop_map(Text::from);
        let leaf = prop_oneof![
            Just(Datum::Undefined),
            Just(Datum::Null),
            Just(Datum::HasOwn),
            any::<bool>().prop_map(Datum::Bool),
            (-1e9..1e9).prop_map(Datum::Number),
            text().prop_map(Datum::Text),
            any::<u32>().prop_map(Datum::Again),
            any::<u32>().prop_map(Datum::Builtin),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            let object = prop_oneof![
                vec(inner.clone(), 0..6).prop_map(Object::Array),
                vec((text(), inner.clone()), 0..6).prop_map(Object::Plain),
                vec((text(), inner), 0..6).prop_map(Object::Map),
                vec(text(), 0..6).prop_map(Object::Set),
                (".*", "[gi]*").prop_map(|(source, flags)| {
                    Object::Pattern { source, flags }
                }),
                ".*".prop_map(Object::Function),
            ];
            (any::<u32>(), object)
                .prop_map(|(id, object)| Datum::Object(id, Box::new(object)))
        })
    }

    proptest! {
        #[test]
        fn values_come_back(datum in datum()) {
            let mut encoder = Encoder::default();
            encoder.begin();
            encode(&datum, &mut encoder);
            let bytes = encoder.into_payload();
            let mut decoder = Decoder::new(&bytes);
            let back = decode(&mut decoder, &mut Room::new()).unwrap();
            prop_assert_eq!(back, datum);
            decoder.end().unwrap();
        }
    }

    #[test]
    fn hostile_values_are_bounded() {
        let nested = |depth: usize| {
            let mut encoder = Encoder::default();
            encoder.begin();
            for id in 0..depth {
                encoder.byte(ARRAY);
                encoder.small(id as u32);
                encoder.small(1);
            }
            encoder.byte(NULL);
            let bytes = encoder.into_payload();
            let mut decoder = Decoder::new(&bytes);
            decode(&mut decoder, &mut Room::new()).map(drop)
        };
        assert_eq!(nested(DEPTH_MOST + 1), Ok(()));
        let deep = Malformed("values nested too deeply");
        assert_eq!(nested(DEPTH_MOST + 2), Err(deep));
        assert_eq!(nested(1_000_000), Err(deep));
        // A million elements are announced, and none comes.
        let mut bytes = vec![ARRAY, 0, 0, 0, 0];
        bytes.extend(1_000_000_u32.to_le_bytes());
        let read = decode(&mut Decoder::new(&bytes), &mut Room::new());
        assert_eq!(read, Err(Malformed("more than there is")));
        // More values than there may be, a byte each.
        let mut bytes = vec![ARRAY, 0, 0, 0, 0];
        let count = 2 * VALUES_MOST;
        bytes.extend((count as u32).to_le_bytes());
        bytes.extend(std::iter::repeat_n(NULL, count));
        let read = decode(&mut Decoder::new(&bytes), &mut Room::new());
        assert_eq!(read, Err(Malformed("too many values")));
    }
}
