//! A script whose code outside of functions boa has run, to be read.

use std::collections::HashMap;
use std::rc::Rc;

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{Attribute, PropertyDescriptor, PropertyKey};
use boa_engine::{
    Context, JsObject, JsResult, JsString, JsValue, NativeFunction, Script,
    Source, js_string,
};

use super::datum::Datum;
use super::link::{Link, Peer};
use super::reader::{Reader, Why};
use super::sandbox::{self, Shared};
use super::standard::Standard;
use crate::Limits;
use crate::builtins::BUILTINS;
use crate::error::quoted;
use crate::syntax::Variable;

/// A script that ran.
pub(crate) struct Loading {
    shared: Rc<Shared>,
    store: JsObject,
    reader: Reader,
}

impl Loading {
    /// Runs a script with marks in it; also gives the names that it gave to
    /// the global object. Fails with the reason of a refusal.
    pub(crate) fn new(
        text: &str,
        mark: &str,
        limits: &Limits,
        peer: &Rc<dyn Peer>,
    ) -> Result<(Loading, Vec<String>), String> {
        let link = Link::new(peer.clone(), limits.alert_bytes());
        let shared = Rc::new(Shared::new(link));
        let failed = |_| "code outside of functions that throws".to_owned();
        let mut context = sandbox::context(&shared, limits).map_err(failed)?;
        let store = probes(mark, &mut context).map_err(failed)?;
        let to_text = watch(&shared, &mut context).map_err(failed)?;
        let standard = Standard::of(&mut context).map_err(failed)?;
        let given = given(&standard, &mut context).map_err(failed)?;
        let text = Source::from_bytes(text);
        let script = Script::parse(text, None, &mut context);
        let ran = script.and_then(|script| script.evaluate(&mut context));
        check(&shared)?;
        ran.map_err(failed)?;
        let names = standard.names(&mut context).map_err(failed)?;
        let names = names.map_err(|name| {
            let name = quoted(&name);
            format!("JavaScript itself is changed by the script: {name}")
        })?;
        let names = names.iter().map(JsString::to_std_string_lossy);
        let names = names.collect();
        let reader = Reader::new(context, given, to_text);
        Ok((Loading { shared, store, reader }, names))
    }

    /// What a variable holds; `None` where it has no value.
    pub(crate) fn value(
        &mut self,
        variable: &Variable,
    ) -> Result<Option<Datum>, String> {
        let value = variable_of(variable, &self.store, &mut self.reader);
        let value = value.and_then(|value| match value {
            Some(value) => self.reader.variable(&value).map(Some),
            None => Ok(None),
        });
        value.map_err(ToOwned::to_owned)
    }

    /// Fails where the script could tell that it was read.
    pub(crate) fn end(&self) -> Result<(), String> {
        // The readers are functions of the script.
        check(&self.shared)
    }
}

fn check(shared: &Shared) -> Result<(), String> {
    match shared.was_touched() {
        true => Err("a question outside of functions".to_owned()),
        false => Ok(()),
    }
}

/// The value of a variable; `None` where it has none.
fn variable_of(
    variable: &Variable,
    store: &JsObject,
    reader: &mut Reader,
) -> Result<Option<JsValue>, Why> {
    let context = &mut reader.context;
    match variable {
        Variable::Script { name, lexical: true } => {
            let script =
                Script::parse(Source::from_bytes(&**name), None, context);
            let value = script.and_then(|script| script.evaluate(context));
            value.map(Some).map_err(|_| "a variable that cannot be read")
        }
        Variable::Script { name, lexical: false } => {
            let global = context.global_object();
            let key = PropertyKey::from(JsString::from(&**name));
            let found = global.borrow().properties().get(&key);
            match found {
                Some(property) => match property.value() {
                    Some(value) if property.writable() == Some(true) => {
                        Ok(Some(value.clone()))
                    }
                    Some(_) => Err("a property that cannot be written"),
                    None => Err("a property that is computed"),
                },
                None => match global.has_property(key, context) {
                    Ok(false) => Ok(None),
                    _ => Err("a name that every object has"),
                },
            }
        }
        Variable::Hidden { piece, index } => {
            let count = own(store, piece * 2);
            let count = count.and_then(|count| count.as_number());
            if count != Some(1.0) {
                return Err("a variable of a function that ran often");
            }
            let readers = own(store, piece * 2 + 1);
            let readers = readers.and_then(|readers| readers.as_object());
            let read = readers
                .and_then(|readers| own(&readers, *index))
                .and_then(|read| read.as_callable());
            let Some(read) = read else {
                return Err("a variable that cannot be read");
            };
            // It fails where the variable has no value yet.
            let value = read.call(&JsValue::undefined(), &[], context);
            Ok(value.ok())
        }
    }
}

fn own(object: &JsObject, index: u32) -> Option<JsValue> {
    let property = object.borrow().properties().get(&PropertyKey::from(index));
    property.and_then(|property| property.value().cloned())
}

/// Makes the function that the readers of variables are given to; its name
/// is no property of the global object, so it cannot be found.
///
/// Called with a number, it tells whether that is new; called with readers,
/// it keeps them.
fn probes(name: &str, context: &mut Context) -> JsResult<JsObject> {
    let store = JsObject::with_null_proto();
    let probe = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, store: &JsObject, _| {
            let number = arguments.first().and_then(JsValue::as_number);
            let number = number.unwrap_or_default() as u32;
            let put = |index: u32, value: JsValue| {
                let property = PropertyDescriptor::builder()
                    .value(value)
                    .writable(true)
                    .enumerable(true)
                    .configurable(true);
                store.insert_property(index, property.build());
            };
            if let Some(readers) = arguments.get(1) {
                put(number * 2 + 1, readers.clone());
                return Ok(JsValue::undefined());
            }
            let count = own(store, number * 2);
            let count = count.and_then(|count| count.as_number());
            put(number * 2, JsValue::from(count.unwrap_or(0.0) + 1.0));
            Ok(JsValue::from(count.is_none()))
        },
        store.clone(),
    );
    let probe = FunctionObjectBuilder::new(context.realm(), probe).build();
    let beside = JsString::from(format!("{name}y"));
    context.register_global_property(
        beside.clone(),
        probe,
        Attribute::CONFIGURABLE,
    )?;
    let declaration = format!("const {name} = {name}y;");
    Script::parse(Source::from_bytes(&declaration), None, context)?
        .evaluate(context)?;
    let global = context.global_object();
    global.delete_property_or_throw(beside, context)?;
    Ok(store)
}

/// Notes when a script looks at the text of a function, or where it is;
/// returns the function that gives the text.
fn watch(shared: &Rc<Shared>, context: &mut Context) -> JsResult<JsObject> {
    let constructors = context.intrinsics().constructors();
    let functions = constructors.function().prototype();
    let errors = constructors.error().prototype();
    let to_string = PropertyKey::from(js_string!("toString"));
    let stack = PropertyKey::from(js_string!("stack"));
    let found = functions.borrow().properties().get(&to_string);
    let property = found.unwrap_or_default();
    let to_text = property.value().and_then(JsValue::as_object);
    let Some(to_text) = to_text else {
        return Err(boa_engine::JsNativeError::error().into());
    };
    let noted = noting(shared, &to_text, context)?;
    functions.insert_property(
        to_string,
        PropertyDescriptor::builder()
            .value(noted)
            .maybe_writable(property.writable())
            .maybe_enumerable(property.enumerable())
            .maybe_configurable(property.configurable())
            .build(),
    );
    let found = errors.borrow().properties().get(&stack);
    if let Some(property) = found
        && let Some(read) = property.get().and_then(JsValue::as_object)
    {
        let noted = noting(shared, &read, context)?;
        errors.insert_property(
            stack,
            PropertyDescriptor::builder()
                .get(noted)
                .maybe_set(property.set().cloned())
                .maybe_enumerable(property.enumerable())
                .maybe_configurable(property.configurable())
                .build(),
        );
    }
    Ok(to_text)
}

/// A function that is another one, and notes that it was called.
fn noting(
    shared: &Rc<Shared>,
    function: &JsObject,
    context: &mut Context,
) -> JsResult<JsObject> {
    let name = function.get(js_string!("name"), context)?;
    let name = name.as_string().unwrap_or_else(|| JsString::from(""));
    let length = function.get(js_string!("length"), context)?;
    let length = length.as_number().unwrap_or(0.0) as usize;
    // What is shared holds nothing of the engine's.
    let _ = shared;
    let call = NativeFunction::from_copy_closure_with_captures(
        |this, arguments, function: &JsObject, context| {
            if let Some(shared) = context.get_data::<Rc<Shared>>() {
                shared.touch();
            }
            function.call(this, arguments, context)
        },
        function.clone(),
    );
    let noted = FunctionObjectBuilder::new(context.realm(), call)
        .name(name)
        .length(length)
        .build();
    Ok(noted.into())
}

/// What programs have for the objects of JavaScript itself.
fn given(
    standard: &Standard,
    context: &mut Context,
) -> JsResult<HashMap<JsObject, Option<Datum>>> {
    let mut given: HashMap<JsObject, Option<Datum>> =
        standard.objects().map(|object| (object.clone(), None)).collect();
    let global = context.global_object();
    for (index, builtin) in (0..).zip(BUILTINS) {
        let value = global.get(JsString::from(builtin.name), context)?;
        if let Some(function) = value.as_object() {
            given.insert(function, Some(Datum::Builtin(index)));
        }
    }
    let objects = context.intrinsics().constructors().object().prototype();
    let has_own = objects.get(js_string!("hasOwnProperty"), context)?;
    if let Some(function) = has_own.as_object() {
        given.insert(function, Some(Datum::HasOwn));
    }
    Ok(given)
}
