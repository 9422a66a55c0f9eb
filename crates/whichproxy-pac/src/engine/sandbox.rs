//! A boa context that sees nothing of the machine but what it is told.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::context::HostHooks;
use boa_engine::context::time::{Clock, JsInstant};
use boa_engine::error::RuntimeLimitError;
use boa_engine::module::IdleModuleLoader;
use boa_engine::optimizer::OptimizerOptions;
use boa_engine::realm::Realm;
use boa_engine::string::JsStrVariant;
use boa_engine::value::{JsVariant, PreferredType};
use boa_engine::{
    Context, JsError, JsNativeError, JsResult, JsString, JsValue,
    NativeFunction, js_string,
};

use super::guard;
use super::link::Link;
use super::{HAS_THREADS, nesting};
use crate::builtins::{
    Ask, BUILTINS, Builtin, Effect, Globs, Host, Throw, Value,
};
use crate::chance::Chance;
use crate::{Error, Limits};

/// What the functions of one context share.
pub(super) struct Shared {
    pub(super) link: RefCell<Link>,
    globs: RefCell<Globs>,
    random: RefCell<Chance>,
    /// How many of the engine's own functions are running.
    depth: Cell<usize>,
    /// How often code was made of texts.
    compiled: Cell<usize>,
    /// Whether code was made of texts, or the text of a function looked at.
    reflected: Cell<bool>,
}

impl Shared {
    pub(super) fn new(link: Link) -> Shared {
        Shared {
            link: RefCell::new(link),
            globs: RefCell::default(),
            random: RefCell::new(Chance::new()),
            depth: Cell::new(0),
            compiled: Cell::new(0),
            reflected: Cell::new(false),
        }
    }

    /// Notes that a script looks at itself.
    pub(super) fn touch(&self) {
        self.reflected.set(true);
    }

    /// Whether the script asked or told anything, took a number by chance,
    /// or looked at itself.
    pub(super) fn was_touched(&self) -> bool {
        let link = self.link.borrow();
        link.touched
            || link.stop.is_some()
            || *self.random.borrow() != Chance::new()
            || self.reflected.get()
    }

    /// Forgets the last evaluation, but not what is only faster to keep.
    pub(super) fn restart(&self) {
        self.link.borrow_mut().restart();
        *self.random.borrow_mut() = Chance::new();
        self.depth.set(0);
        self.compiled.set(0);
    }

    /// Counts a call of one of the engine's own functions.
    pub(super) fn enter(&self, context: &mut Context) -> JsResult<()> {
        let depth = self.depth.get() + 1;
        if depth > context.runtime_limits_mut().recursion_limit() {
            return Err(RuntimeLimitError::Recursion.into());
        }
        // A thread that was left behind ends here, where it can.
        if let Ok(link) = self.link.try_borrow()
            && link.check().is_err()
        {
            return Err(RuntimeLimitError::LoopIteration.into());
        }
        self.depth.set(depth);
        Ok(())
    }

    /// The end of what [`Shared::enter`] began.
    pub(super) fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    /// Ends the evaluation in a way that no script can catch.
    fn stop(&self, error: Error) -> JsError {
        self.link.borrow_mut().stop.get_or_insert(error);
        RuntimeLimitError::LoopIteration.into()
    }
}

/// Values on boa's own stack: arguments of calls, above all.
const VALUES_MOST: usize = 4 << 20;

/// How often code may be made of texts where the stack is the host's: `eval`
/// that calls itself uses it, and boa does not count that as a call.
const COMPILED_MOST: usize = 500;

/// A context with the functions of a PAC script, and nothing to load
/// modules from, no clock but the embedder's, and no chance.
pub(super) fn context(
    shared: &Rc<Shared>,
    limits: &Limits,
) -> JsResult<Context> {
    let mut context = Context::builder()
        .module_loader(Rc::new(IdleModuleLoader))
        .host_hooks(Rc::new(Hooks { shared: shared.clone() }))
        .clock(Rc::new(EmbedderClock { shared: shared.clone() }))
        .build()?;
    // It keeps every intermediate string of `'a' + 'b' + …`: 3.6 GB for a
    // chain of 49,193, measured.
    context.set_optimizer_options(OptimizerOptions::empty());
    let runtime = context.runtime_limits_mut();
    runtime.set_loop_iteration_limit(limits.loop_iterations());
    runtime.set_recursion_limit(nesting::calls(limits));
    runtime.set_stack_size_limit(VALUES_MOST);
    runtime.set_backtrace_limit(8);
    context.insert_data(shared.clone());
    guard::install(&mut context)?;
    for builtin in BUILTINS {
        context.register_global_callable(
            JsString::from(builtin.name),
            builtin.arity,
            NativeFunction::from_copy_closure(move |_, arguments, context| {
                call(builtin, arguments, context)
            }),
        )?;
    }
    let global = context.global_object();
    // One recurses on the native stack as deep as it is nested, the other
    // can block; PAC scripts are older than both.
    for name in [js_string!("Proxy"), js_string!("Atomics")] {
        global.delete_property_or_throw(name, &mut context)?;
    }
    let math = global.get(js_string!("Math"), &mut context)?;
    if let Some(math) = math.as_object() {
        let random = NativeFunction::from_fn_ptr(random)
            .to_js_function(context.realm());
        math.set(js_string!("random"), random, true, &mut context)?;
    }
    Ok(context)
}

struct EmbedderClock {
    shared: Rc<Shared>,
}

impl Clock for EmbedderClock {
    fn now(&self) -> JsInstant {
        // For timers, which a script has none of.
        JsInstant::new(0, 0)
    }

    fn system_time_millis(&self) -> i64 {
        now(&self.shared).unix_milliseconds()
    }
}

struct Hooks {
    shared: Rc<Shared>,
}

impl HostHooks for Hooks {
    fn ensure_can_compile_strings(
        &self,
        _realm: Realm,
        parameters: &[JsString],
        body: &JsString,
        _direct: bool,
        _context: &mut Context,
    ) -> JsResult<()> {
        self.shared.touch();
        let compiled = self.shared.compiled.get() + 1;
        if !HAS_THREADS && compiled > COMPILED_MOST {
            let message = format!("more than {COMPILED_MOST} texts as code");
            return Err(self
                .shared
                .stop(Error::new(crate::ErrorKind::Limit, message)));
        }
        self.shared.compiled.set(compiled);
        for text in parameters.iter().chain([body]) {
            nesting::check_at_run_time(&text.to_std_string_lossy()).map_err(
                |error| {
                    JsNativeError::syntax().with_message(error.to_string())
                },
            )?;
        }
        Ok(())
    }

    fn local_timezone_offset_seconds(&self, _unix_seconds: i64) -> i32 {
        now(&self.shared).utc_offset_seconds()
    }

    fn max_buffer_size(&self, _context: &mut Context) -> u64 {
        64 << 20
    }
}

/// The time; where it cannot be asked for, the evaluation ends later.
fn now(shared: &Shared) -> crate::LocalTime {
    let mut link = shared.link.borrow_mut();
    // Whatever a script makes of it may change at once.
    link.hold(i64::MIN);
    link.now().unwrap_or_else(|error| {
        link.stop.get_or_insert(error);
        crate::LocalTime::default()
    })
}

/// `Math.random`: the same numbers for each question.
fn random(
    _: &JsValue,
    _: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(shared) = context.get_data::<Rc<Shared>>() else {
        return Ok(JsValue::from(0));
    };
    Ok(JsValue::from(shared.random.borrow_mut().next()))
}

/// The most arguments that any function looks at.
const ARGUMENTS: usize = 7;

/// An argument that is no object any more.
enum Primitive {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    String(JsString),
    Object(JsString),
}

/// Calls one of our functions from JavaScript.
fn call(
    builtin: &'static Builtin,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let count = arguments.len().min(ARGUMENTS);
    let mut primitives = [const { Primitive::Undefined }; ARGUMENTS];
    for (primitive, argument) in primitives.iter_mut().zip(arguments) {
        *primitive = convert(argument, context)?;
    }
    let Some(shared) = context.get_data::<Rc<Shared>>().cloned() else {
        return Err(JsNativeError::error().into());
    };
    let values: [Value<'_>; ARGUMENTS] =
        std::array::from_fn(|index| primitives[index].value());
    let result = {
        let mut link = shared.link.borrow_mut();
        link.check()
            .and_then(|()| match &link.stop {
                Some(stop) => Err(stop.clone()),
                None => Ok(()),
            })
            .map_err(Throw::from)
            .and_then(|()| {
                let touched = link.touched;
                let mut globs = shared.globs.borrow_mut();
                let mut host = Host { ask: &mut *link, globs: &mut globs };
                let result = (builtin.call)(&values[..count], &mut host);
                debug_assert!(
                    builtin.effect != Effect::Pure || link.touched == touched
                );
                result
            })
    };
    match result {
        Ok(value) => Ok(match value {
            Value::Undefined => JsValue::undefined(),
            Value::Null => JsValue::null(),
            Value::Bool(value) => JsValue::from(value),
            Value::Number(number) => JsValue::from(number),
            Value::String(text) | Value::Object(text) => {
                JsValue::from(JsString::from(&*text))
            }
        }),
        Err(Throw::Type(message)) => {
            Err(JsNativeError::typ().with_message(message).into())
        }
        Err(Throw::Syntax(message)) => {
            Err(JsNativeError::syntax().with_message(message).into())
        }
        Err(Throw::Stop(error)) => Err(shared.stop(error)),
    }
}

fn convert(value: &JsValue, context: &mut Context) -> JsResult<Primitive> {
    Ok(match value.variant() {
        JsVariant::Undefined => Primitive::Undefined,
        JsVariant::Null => Primitive::Null,
        JsVariant::Boolean(value) => Primitive::Bool(value),
        JsVariant::Integer32(number) => Primitive::Number(number.into()),
        JsVariant::Float64(number) => Primitive::Number(number),
        JsVariant::String(text) => Primitive::String(text.clone()),
        JsVariant::Object(_) => {
            let text = value.to_primitive(context, PreferredType::String)?;
            Primitive::Object(text.to_string(context)?)
        }
        // Symbols throw here, as they do wherever a text is wanted.
        JsVariant::BigInt(_) | JsVariant::Symbol(_) => {
            Primitive::Object(value.to_string(context)?)
        }
    })
}

impl Primitive {
    fn value(&self) -> Value<'_> {
        match self {
            Primitive::Undefined => Value::Undefined,
            Primitive::Null => Value::Null,
            Primitive::Bool(value) => Value::Bool(*value),
            Primitive::Number(number) => Value::Number(*number),
            Primitive::String(text) => Value::String(borrowed(text)),
            Primitive::Object(text) => Value::Object(borrowed(text)),
        }
    }
}

/// The text itself where it is ASCII, as it nearly always is.
fn borrowed(text: &JsString) -> std::borrow::Cow<'_, str> {
    if let JsStrVariant::Latin1(bytes) = text.as_str().variant()
        && bytes.is_ascii()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return text.into();
    }
    text.to_std_string_lossy().into()
}
