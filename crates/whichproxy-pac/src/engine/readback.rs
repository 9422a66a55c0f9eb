//! Runs a script's code outside of functions once, and reads what it made.
//!
//! What was asked of the machine, or could have seen that the script was
//! marked (see [`syntax::in_pieces`]), makes the run worthless.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{Attribute, PropertyDescriptor, PropertyKey};
use boa_engine::{
    Context, JsObject, JsResult, JsString, JsValue, NativeFunction, Script,
    Source, js_string,
};

use super::exchange::{
    Exchange, Job, Link, Outcome, Running, check_abandoned,
};
use super::nesting;
use super::reader::{Reader, Why};
use super::sandbox::{self, Shared};
use super::standard::Standard;
use crate::builtins::BUILTINS;
use crate::error::quoted;
use crate::syntax::{self, Constant, Program, Statics, Variable};
use crate::{Limits, Refusal};

/// The most rounds of a loop while a script is read.
const ROUNDS_MOST: u64 = 3_000_000;

/// How long it may take while a script is read.
const PATIENCE: Duration = Duration::from_secs(5);

/// The stack that the marks need besides.
const STACK_FOR_MARKS: usize = 2 << 20;

/// A script, run and read back.
#[derive(Debug, Default)]
pub(crate) struct ReadBack {
    pub(crate) program: Program,
    /// The values of the script's variables.
    pub(crate) globals: Vec<Constant>,
    /// What functions took along; in boa, variables show none of that.
    pub(crate) cells: Vec<Constant>,
    /// The properties of functions; those that boa has are not read.
    pub(crate) statics: Statics,
    /// Variables whose values are none that programs have, and why.
    pub(crate) unread: HashMap<u32, String>,
}

/// Runs a script once, on a thread of its own.
pub(crate) fn read_back(
    source: &Arc<str>,
    limits: &Limits,
) -> Result<ReadBack, Refusal> {
    let failed = || refuse("code outside of functions that cannot be run");
    let stack_bytes = nesting::stack_bytes(source, limits.recursion())
        .map_err(|_| refuse("nested too deeply"))?;
    check_abandoned().map_err(|_| failed())?;
    let exchange = Arc::new(Exchange::default());
    let found = Arc::new(Mutex::new(None));
    let limits = limits
        .clone()
        .with_loop_iterations(limits.loop_iterations().min(ROUNDS_MOST))
        .with_deadline(limits.deadline().min(PATIENCE));
    let deadline = Instant::now().checked_add(limits.deadline());
    let (source, to, place) =
        (source.clone(), exchange.clone(), found.clone());
    thread::Builder::new()
        .name("pac".to_owned())
        .stack_size(stack_bytes.saturating_add(STACK_FOR_MARKS))
        .spawn(move || {
            let running = Running(to.clone());
            if to.next_job().is_some() {
                let result = catch_unwind(AssertUnwindSafe(|| {
                    run(&source, &limits, &to)
                }));
                let result = result.unwrap_or_else(|_| {
                    Err(refuse("code outside of functions that fails"))
                });
                *place.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(result);
                to.done(Ok(String::new()));
            }
            drop(running);
        })
        .map_err(|_| failed())?;
    match exchange.run(Job::Read, deadline, None) {
        Outcome::Done(_) => {
            let mut found =
                found.lock().unwrap_or_else(PoisonError::into_inner);
            found.take().unwrap_or_else(|| Err(failed()))
        }
        Outcome::Abandoned => {
            Err(refuse("code outside of functions that takes too long"))
        }
    }
}

fn refuse(reason: impl Into<String>) -> Refusal {
    Refusal::new(0, 0, reason)
}

/// A name that no script can know.
fn unknown_name() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("whichproxy{:016x}x", RandomState::new().hash_one(()))
}

fn run(
    source: &str,
    limits: &Limits,
    exchange: &Arc<Exchange>,
) -> Result<ReadBack, Refusal> {
    let mark = unknown_name();
    syntax::in_pieces(source, &mark, |pieces| {
        // Where boa has to answer in any case, it is not started twice.
        if let Some((at, reason)) = pieces.refusal() {
            return Err(Refusal::at(source, at, reason));
        }
        let link = Link::new(exchange.clone(), limits.alert_bytes());
        let shared = Rc::new(Shared::new(link));
        let failed = |_| refuse("code outside of functions that throws");
        let mut context = sandbox::context(&shared, limits).map_err(failed)?;
        let store = probes(&mark, &mut context).map_err(failed)?;
        let to_text = watch(&shared, &mut context).map_err(failed)?;
        let standard = Standard::of(&mut context).map_err(failed)?;
        let constants = constants(&standard, &mut context).map_err(failed)?;
        let text = Source::from_bytes(pieces.text());
        let script = Script::parse(text, None, &mut context);
        let ran = script.and_then(|script| script.evaluate(&mut context));
        if shared.was_touched() {
            return Err(refuse("a question outside of functions"));
        }
        ran.map_err(failed)?;
        let names = standard.names(&mut context).map_err(failed)?;
        let names = names.map_err(|name| {
            let name = quoted(&name);
            refuse(format!(
                "JavaScript itself is changed by the script: {name}"
            ))
        })?;
        for name in names {
            pieces.declare(&name.to_std_string_lossy());
        }
        let mut found = ReadBack::default();
        for name in ["FindProxyForURLEx", "FindProxyForURL"] {
            pieces.declare(name);
        }
        let mut reader = Reader::new(&mut context, constants, to_text);
        while let Some((slot, variable)) = pieces.next() {
            let value = variable_of(&variable, &store, &mut reader);
            let value = value.and_then(|value| match value {
                Some(value) => reader.read(&value, pieces),
                None => Ok(Constant::Unset),
            });
            found.globals.push(value.unwrap_or_else(|why| {
                found.unread.insert(slot, why.to_owned());
                Constant::Unset
            }));
        }
        // The readers are functions of the script, so this comes last.
        if shared.was_touched() {
            return Err(refuse("a question outside of functions"));
        }
        found.program = pieces.finish();
        Ok(found)
    })?
}

/// The value of a variable; `None` where it has none.
fn variable_of(
    variable: &Variable,
    store: &JsObject,
    reader: &mut Reader<'_>,
) -> Result<Option<JsValue>, Why> {
    let context = &mut *reader.context;
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
fn constants(
    standard: &Standard,
    context: &mut Context,
) -> JsResult<HashMap<JsObject, Option<Constant>>> {
    let mut constants: HashMap<JsObject, Option<Constant>> =
        standard.objects().map(|object| (object.clone(), None)).collect();
    let global = context.global_object();
    for builtin in BUILTINS {
        let value = global.get(JsString::from(builtin.name), context)?;
        if let Some(function) = value.as_object() {
            constants.insert(function, Some(Constant::Builtin(builtin)));
        }
    }
    let objects = context.intrinsics().constructors().object().prototype();
    let has_own = objects.get(js_string!("hasOwnProperty"), context)?;
    if let Some(function) = has_own.as_object() {
        constants.insert(function, Some(Constant::HasOwn));
    }
    Ok(constants)
}
