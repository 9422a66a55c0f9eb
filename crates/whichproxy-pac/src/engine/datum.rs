//! What a variable of a loaded script holds, as plain data.
//!
//! boa's values stay where boa runs, which may be another process; this is
//! what leaves it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::builtins::BUILTINS;
use crate::syntax::{Constant, Frozen, Keyed, Names, Pattern, Pieces, Text};

/// A value that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Datum {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    /// ASCII.
    Text(Text),
    /// An object, which may come again by this number.
    Object(u32, Box<Object>),
    /// One that came before.
    Again(u32),
    /// One of our functions, by its place among them.
    Builtin(u32),
    /// `Object.prototype.hasOwnProperty`.
    HasOwn,
}

/// A value that has an identity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Object {
    Array(Vec<Datum>),
    Plain(Vec<(Text, Datum)>),
    Set(Vec<Text>),
    Map(Vec<(Text, Datum)>),
    Pattern {
        source: String,
        flags: String,
    },
    /// A function's text, with its mark.
    Function(String),
}

/// How many values are read at most, of one script.
pub(crate) const VALUES_MOST: usize = 2_000_000;

/// The bytes of texts that are read at most.
pub(crate) const BYTES_MOST: usize = 32 << 20;

/// The deepest nesting of arrays and objects.
pub(crate) const DEPTH_MOST: usize = 20;

/// Makes constants of a program.
#[derive(Default)]
pub(super) struct Constants {
    known: HashMap<u32, Constant>,
}

impl Constants {
    /// The constant that a value is; functions in it are lowered.
    pub(super) fn of(
        &mut self,
        datum: Datum,
        pieces: &mut Pieces<'_, '_, '_>,
    ) -> Result<Constant, &'static str> {
        Ok(match datum {
            Datum::Undefined => Constant::Undefined,
            Datum::Null => Constant::Null,
            Datum::Bool(value) => Constant::Bool(value),
            Datum::Number(number) => Constant::Number(number),
            Datum::Text(text) => Constant::Text(text),
            Datum::HasOwn => Constant::HasOwn,
            Datum::Builtin(index) => match BUILTINS.get(index as usize) {
                Some(builtin) => Constant::Builtin(builtin),
                None => return Err("an object of JavaScript itself"),
            },
            Datum::Again(id) => match self.known.get(&id) {
                Some(known) => known.clone(),
                // It could not be read the first time.
                None => return Err("a value that programs do not have"),
            },
            Datum::Object(id, object) => {
                let constant = self.object(*object, pieces)?;
                self.known.insert(id, constant.clone());
                constant
            }
        })
    }

    fn object(
        &mut self,
        object: Object,
        pieces: &mut Pieces<'_, '_, '_>,
    ) -> Result<Constant, &'static str> {
        Ok(match object {
            Object::Array(elements) => {
                let all = elements.into_iter().map(|one| self.of(one, pieces));
                let all = all.collect::<Result<_, _>>()?;
                Constant::Frozen(Arc::new(Frozen::Array(all)))
            }
            Object::Plain(properties) => {
                let mut map = Names::with_capacity(properties.len());
                for (name, value) in properties {
                    map.insert(&name, self.of(value, pieces)?);
                }
                map.shrink();
                Constant::Frozen(Arc::new(Frozen::Map(map)))
            }
            Object::Set(texts) => {
                keyed(Keyed::set(texts.iter().map(|text| Some(&**text))))?
            }
            Object::Map(pairs) => {
                let mut read = Vec::with_capacity(pairs.len());
                for (key, value) in pairs {
                    read.push((key, self.of(value, pieces)?));
                }
                keyed(Keyed::map(
                    read.iter().map(|(key, it)| Some((&**key, it.clone()))),
                ))?
            }
            Object::Pattern { source, flags } => {
                let pattern = Pattern::new(&source, &flags);
                let reason = "a regular expression that may not be linear";
                Constant::Pattern(pattern.ok_or(reason)?)
            }
            Object::Function(text) => {
                let index = pieces.function(&text);
                let reason = "a function that is not written in the script";
                Constant::Function(index.ok_or(reason)?)
            }
        })
    }
}

fn keyed(keyed: Option<Keyed>) -> Result<Constant, &'static str> {
    let keyed = keyed.ok_or("a set or map of more than texts")?;
    Ok(Constant::Keyed(Arc::new(keyed)))
}
