//! `Set` and `Map` whose keys are texts.

use std::sync::Arc;

use super::names::Names;
use super::program::{Constant, Frozen};

/// A `Set` or a `Map` that never changes. All its keys are texts, and a
/// map's values are neither objects nor functions.
#[derive(Debug)]
pub(crate) struct Keyed {
    names: Names,
    is_map: bool,
}

impl Keyed {
    /// A set of these elements, one after the other; `None` where one is no
    /// text.
    pub(crate) fn set<'c>(
        elements: impl ExactSizeIterator<Item = Option<&'c str>>,
    ) -> Option<Keyed> {
        let mut names = Names::with_capacity(elements.len());
        for element in elements {
            names.insert(element?, Constant::Undefined);
        }
        names.shrink();
        Some(Keyed { names, is_map: false })
    }

    /// A map of these pairs; `None` where one is of another kind.
    pub(crate) fn map<'c>(
        pairs: impl ExactSizeIterator<Item = Option<(&'c str, Constant)>>,
    ) -> Option<Keyed> {
        let mut names = Names::with_capacity(pairs.len());
        for pair in pairs {
            let (key, value) = pair?;
            let is_datum = matches!(
                value,
                Constant::Undefined
                    | Constant::Null
                    | Constant::Bool(_)
                    | Constant::Number(_)
                    | Constant::Text(_)
            );
            if !is_datum {
                return None;
            }
            names.insert(key, value);
        }
        names.shrink();
        Some(Keyed { names, is_map: true })
    }

    /// What `new Set(list)` or `new Map(list)` makes of a list that is
    /// written down.
    pub(crate) fn of(list: &Constant, is_map: bool) -> Option<Arc<Keyed>> {
        let all = elements(list)?;
        let keyed = match is_map {
            false => Keyed::set(all.iter().map(text)),
            true => Keyed::map(all.iter().map(|pair| match elements(pair)? {
                [key, value, ..] => Some((text(key)?, value.clone())),
                [key] => Some((text(key)?, Constant::Undefined)),
                [] => None,
            })),
        };
        keyed.map(Arc::new)
    }

    /// Whether it is a `Map`.
    pub(crate) fn is_map(&self) -> bool {
        self.is_map
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The value of a key; `undefined` in a set.
    #[inline]
    pub(crate) fn get(&self, key: &str) -> Option<&Constant> {
        self.names.get(key)
    }

    /// The values.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Constant> {
        self.names.iter().map(|(_, value)| value)
    }
}

fn elements(list: &Constant) -> Option<&[Constant]> {
    match list {
        Constant::Frozen(frozen) => match &**frozen {
            Frozen::Array(all) => Some(all),
            Frozen::Map(_) => None,
        },
        _ => None,
    }
}

fn text(constant: &Constant) -> Option<&str> {
    match constant {
        Constant::Text(text) => Some(text),
        _ => None,
    }
}
