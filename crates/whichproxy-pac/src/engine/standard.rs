//! What JavaScript itself gives to a script, and whether it still does.

use std::collections::HashSet;

use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{
    Context, JsObject, JsResult, JsString, JsValue, Script, Source,
};

use crate::builtins::BUILTINS;

/// The objects of a fresh context, and their properties.
pub(super) struct Standard {
    objects: Vec<(JsObject, Option<JsObject>, Vec<Property>)>,
}

type Property = (PropertyKey, PropertyDescriptor);

/// Objects that no property leads to, but that loops and methods use.
const HIDDEN: &str = "[[][Symbol.iterator](), ''[Symbol.iterator](), \
    new Map().entries(), new Set().values(), ''.matchAll(/a/g), \
    function* () {}, async function () {}].map(Object.getPrototypeOf)";

impl Standard {
    /// Writes down a context that no script has seen.
    pub(super) fn of(context: &mut Context) -> JsResult<Standard> {
        let mut objects: Vec<JsObject> = vec![context.global_object()];
        let hidden = Script::parse(Source::from_bytes(HIDDEN), None, context)?
            .evaluate(context)?;
        objects.extend(hidden.as_object());
        let list = objects.len();
        let mut seen: HashSet<JsObject> = objects.iter().cloned().collect();
        let mut all = Vec::new();
        let mut next = 0;
        while let Some(object) = objects.get(next).cloned() {
            next += 1;
            let prototype = object.prototype();
            let mut found: Vec<JsObject> = prototype.iter().cloned().collect();
            let mut properties = Vec::new();
            for key in object.own_property_keys(context)? {
                let property = object.borrow().properties().get(&key);
                let Some(property) = property else { continue };
                let parts = [property.value(), property.get(), property.set()];
                let parts = parts.into_iter().flatten();
                found.extend(parts.filter_map(JsValue::as_object));
                properties.push((key, property));
            }
            for object in found {
                if seen.insert(object.clone()) {
                    objects.push(object);
                }
            }
            // The list of hidden ones itself is nothing that a script has.
            if next != list {
                all.push((object, prototype, properties));
            }
        }
        Ok(Standard { objects: all })
    }

    /// Whether an object is one of them.
    pub(super) fn objects(&self) -> impl Iterator<Item = &JsObject> {
        self.objects.iter().map(|(object, _, _)| object)
    }

    /// The names that the script gave to the global object, or what else it
    /// changed.
    pub(super) fn names(
        &self,
        context: &mut Context,
    ) -> JsResult<Result<Vec<JsString>, String>> {
        let global = context.global_object();
        for (object, prototype, properties) in &self.objects {
            if object.prototype() != *prototype
                || !object.is_extensible(context)?
            {
                return Ok(Err("an object of JavaScript itself".to_owned()));
            }
            let is_global = *object == global;
            for (key, before) in properties {
                let after = object.borrow().properties().get(key);
                let same = after.is_some_and(|after| same(before, &after));
                if same {
                    continue;
                }
                let name = text(key);
                let ours = BUILTINS.iter().any(|b| *b.name == *name);
                if !is_global || !ours {
                    return Ok(Err(name));
                }
            }
            let keys = object.own_property_keys(context)?;
            if !is_global && keys.len() != properties.len() {
                let known: HashSet<&PropertyKey> =
                    properties.iter().map(|(key, _)| key).collect();
                let new = keys.iter().find(|key| !known.contains(key));
                return Ok(Err(new.map(text).unwrap_or_default()));
            }
        }
        let Some((_, _, properties)) = self.objects.first() else {
            return Ok(Ok(Vec::new()));
        };
        let before: HashSet<&PropertyKey> = properties
            .iter()
            .filter(|(key, before)| {
                let after = global.borrow().properties().get(key);
                after.is_some_and(|after| same(before, &after))
            })
            .map(|(key, _)| key)
            .collect();
        let mut names = Vec::new();
        for key in global.own_property_keys(context)? {
            if before.contains(&key) {
                continue;
            }
            match key {
                PropertyKey::String(name) => names.push(name),
                // No name of a variable.
                PropertyKey::Index(_) => {}
                PropertyKey::Symbol(_) => return Ok(Err(text(&key))),
            }
        }
        Ok(Ok(names))
    }
}

fn same(before: &PropertyDescriptor, after: &PropertyDescriptor) -> bool {
    let equal = |a: Option<&JsValue>, b: Option<&JsValue>| match (a, b) {
        (Some(a), Some(b)) => JsValue::same_value(a, b),
        (a, b) => a.is_none() == b.is_none(),
    };
    before.enumerable() == after.enumerable()
        && before.configurable() == after.configurable()
        && before.writable() == after.writable()
        && equal(before.value(), after.value())
        && equal(before.get(), after.get())
        && equal(before.set(), after.set())
}

fn text(key: &PropertyKey) -> String {
    match key {
        PropertyKey::String(name) => name.to_std_string_lossy(),
        PropertyKey::Index(index) => index.get().to_string(),
        PropertyKey::Symbol(_) => "a symbol".to_owned(),
    }
}
