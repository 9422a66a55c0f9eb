//! Counts how deep the engine's own functions call each other.
//!
//! boa bounds calls between functions of the script, but not those between
//! its own, which recurse on the native stack: after `o.join = o.toString`,
//! one call of `o.toString()` ends the process. So each function that a
//! script can reach from the global object, and that is no constructor, is
//! replaced by one that counts and calls it.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsValue,
    NativeFunction, js_string,
};

use super::sandbox::Shared;

/// Guards every function.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    let mut seen = Seen::default();
    seen.add(&global);
    // A function that has two names stays one.
    let mut guarded: HashMap<JsObject, JsObject> = HashMap::new();
    let mut next = 0;
    while let Some(object) = seen.list.get(next).cloned() {
        next += 1;
        if let Some(prototype) = object.prototype() {
            seen.add(&prototype);
        }
        for key in object.own_property_keys(context)? {
            // Its identity tells a direct call from an indirect one.
            if key == PropertyKey::from(js_string!("eval")) {
                continue;
            }
            let found = object.borrow().properties().get(&key);
            let Some(property) = found else { continue };
            let mut guard = |value: Option<&JsValue>,
                             context: &mut Context|
             -> JsResult<Option<JsValue>> {
                let Some(function) = value.and_then(JsValue::as_object) else {
                    return Ok(None);
                };
                if !function.is_callable() || function.is_constructor() {
                    seen.add(&function);
                    return Ok(None);
                }
                if let Some(to) = guarded.get(&function) {
                    return Ok(Some(to.clone().into()));
                }
                let to = wrap(&function, context)?;
                guarded.insert(function, to.clone());
                Ok(Some(to.into()))
            };
            let mut changed = PropertyDescriptor::builder()
                .maybe_enumerable(property.enumerable())
                .maybe_configurable(property.configurable());
            let mut any = false;
            if property.is_accessor_descriptor() {
                let get = guard(property.get(), context)?;
                let set = guard(property.set(), context)?;
                any |= get.is_some() || set.is_some();
                changed = changed
                    .maybe_get(get.or_else(|| property.get().cloned()))
                    .maybe_set(set.or_else(|| property.set().cloned()));
            } else if let Some(to) = guard(property.value(), context)? {
                any = true;
                changed =
                    changed.value(to).maybe_writable(property.writable());
            }
            if any {
                object.insert_property(key, changed.build());
            }
        }
    }
    Ok(())
}

/// Objects, each once, in the order in which they came up.
#[derive(Default)]
struct Seen {
    list: Vec<JsObject>,
    known: HashSet<JsObject>,
}

impl Seen {
    fn add(&mut self, object: &JsObject) {
        if self.known.insert(object.clone()) {
            self.list.push(object.clone());
        }
    }
}

fn wrap(function: &JsObject, context: &mut Context) -> JsResult<JsObject> {
    let name = function.get(js_string!("name"), context)?;
    let name = name.as_string().unwrap_or_else(|| JsString::from(""));
    let length = function.get(js_string!("length"), context)?;
    let length = length.as_number().unwrap_or(0.0) as usize;
    let call = NativeFunction::from_copy_closure_with_captures(
        |this, arguments, function: &JsObject, context| {
            let shared = context.get_data::<Rc<Shared>>().cloned();
            let Some(shared) = shared else {
                return Err(JsNativeError::error().into());
            };
            shared.enter(context)?;
            let result = function.call(this, arguments, context);
            shared.leave();
            result
        },
        function.clone(),
    );
    let wrapped = FunctionObjectBuilder::new(context.realm(), call)
        .name(name)
        .length(length)
        .build();
    Ok(wrapped.into())
}
