//! Reads values of boa as plain data.

use std::collections::{HashMap, HashSet};

use boa_engine::builtins::regexp::RegExp;
use boa_engine::object::builtins::{JsMap, JsRegExp, JsSet};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::string::JsStrVariant;
use boa_engine::value::JsVariant;
use boa_engine::{Context, JsObject, JsString, JsValue, js_string};

use super::datum::{BYTES_MOST, DEPTH_MOST, Datum, Object, VALUES_MOST};
use crate::syntax::Text;

/// Why a value is not read.
pub(super) type Why = &'static str;

/// Why a set or map is not read.
const MORE: Why = "a set or map of more than texts";

/// Reads values.
pub(super) struct Reader {
    pub(super) context: Context,
    /// What JavaScript itself gives; and what is there for it in programs.
    standard: HashMap<JsObject, Option<Datum>>,
    /// `Function.prototype.toString`.
    to_text: JsObject,
    known: HashMap<JsObject, u32>,
    /// Those that are new since the last variable.
    new: Vec<JsObject>,
    next: u32,
    open: HashSet<JsObject>,
    values: usize,
    bytes: usize,
}

impl Reader {
    pub(super) fn new(
        context: Context,
        standard: HashMap<JsObject, Option<Datum>>,
        to_text: JsObject,
    ) -> Reader {
        Reader {
            context,
            standard,
            to_text,
            known: HashMap::new(),
            new: Vec::new(),
            next: 0,
            open: HashSet::new(),
            values: 0,
            bytes: 0,
        }
    }

    /// Reads the value of a variable.
    pub(super) fn variable(&mut self, value: &JsValue) -> Result<Datum, Why> {
        self.new.clear();
        let read = self.read(value);
        if read.is_err() {
            // Nobody gets to know of them.
            for object in self.new.drain(..) {
                self.known.remove(&object);
            }
        }
        read
    }

    fn read(&mut self, value: &JsValue) -> Result<Datum, Why> {
        self.count()?;
        Ok(match value.variant() {
            JsVariant::Undefined => Datum::Undefined,
            JsVariant::Null => Datum::Null,
            JsVariant::Boolean(value) => Datum::Bool(value),
            JsVariant::Integer32(number) => Datum::Number(number.into()),
            JsVariant::Float64(number) => Datum::Number(number),
            JsVariant::String(text) => Datum::Text(self.text(&text)?),
            JsVariant::Object(object) => self.object(&object)?,
            JsVariant::BigInt(_) => return Err("a big integer"),
            JsVariant::Symbol(_) => return Err("a symbol"),
        })
    }

    fn text(&mut self, text: &JsString) -> Result<Text, Why> {
        self.bytes += text.len();
        if self.bytes > BYTES_MOST {
            return Err("too much text");
        }
        let text: Text = match text.as_str().variant() {
            JsStrVariant::Latin1(bytes) => std::str::from_utf8(bytes)
                .map_err(|_| "a character beyond ASCII")?
                .into(),
            JsStrVariant::Utf16(_) => text.to_std_string_lossy().into(),
        };
        if text.is_ascii() {
            Ok(text)
        } else {
            Err("a character beyond ASCII")
        }
    }

    fn object(&mut self, object: &JsObject) -> Result<Datum, Why> {
        if let Some(id) = self.known.get(object) {
            return Ok(Datum::Again(*id));
        }
        if let Some(standard) = self.standard.get(object) {
            return standard.clone().ok_or("an object of JavaScript itself");
        }
        if self.open.len() > DEPTH_MOST {
            return Err("data nested too deeply");
        }
        if !self.open.insert(object.clone()) {
            return Err("data that contains itself");
        }
        let read = self.object_of(object);
        self.open.remove(object);
        let id = self.next;
        self.next += 1;
        let read = read?;
        self.known.insert(object.clone(), id);
        self.new.push(object.clone());
        Ok(Datum::Object(id, Box::new(read)))
    }

    fn object_of(&mut self, object: &JsObject) -> Result<Object, Why> {
        let constructors = self.context.intrinsics().constructors();
        let prototype = object.prototype();
        let is = |of: JsObject| prototype.as_ref() == Some(&of);
        if object.is_callable() {
            return self.function(object);
        }
        if object.is_array() {
            if !is(constructors.array().prototype()) {
                return Err("an array of the script's own kind");
            }
            return self.array(object);
        }
        if object.is::<RegExp>() {
            if !is(constructors.regexp().prototype()) {
                return Err("a regular expression of the script's own kind");
            }
            return self.pattern(object);
        }
        let set = JsSet::from_object(object.clone());
        let map = JsMap::from_object(object.clone());
        if set.is_ok() || map.is_ok() {
            let constructor = match &set {
                Ok(_) => constructors.set(),
                Err(_) => constructors.map(),
            };
            if !is(constructor.prototype()) {
                return Err("a set or map of the script's own kind");
            }
            if !self.keys(object)?.is_empty() {
                return Err("a set or map with properties");
            }
            return match (set, map) {
                (Ok(set), _) => self.set(&set),
                (_, Ok(map)) => self.map(&map),
                _ => Err(MORE),
            };
        }
        if !object.is_ordinary() {
            return Err("an object of another kind");
        }
        if !is(constructors.object().prototype()) {
            return Err("an object with a prototype of its own");
        }
        let keys = self.keys(object)?;
        let mut all = Vec::with_capacity(keys.len());
        for key in keys {
            let name = match &key {
                PropertyKey::String(name) => self.text(name)?,
                PropertyKey::Index(index) => index.get().to_string().into(),
                PropertyKey::Symbol(_) => return Err("a symbol"),
            };
            if &*name == "__proto__" {
                return Err("a property `__proto__`");
            }
            let value = datum(object, &key)?;
            all.push((name, self.read(&value)?));
        }
        Ok(Object::Plain(all))
    }

    fn set(&mut self, set: &JsSet) -> Result<Object, Why> {
        let mut elements = Vec::new();
        set.for_each_native(|element| {
            elements.push(element);
            Ok(())
        })
        .map_err(|_| "a set that cannot be read")?;
        let mut texts = Vec::with_capacity(elements.len());
        for element in &elements {
            self.count()?;
            let text = element.as_string().ok_or(MORE)?;
            texts.push(self.text(&text)?);
        }
        Ok(Object::Set(texts))
    }

    fn map(&mut self, map: &JsMap) -> Result<Object, Why> {
        let mut pairs = Vec::new();
        map.for_each_native(|key, value| {
            pairs.push((key, value));
            Ok(())
        })
        .map_err(|_| "a map that cannot be read")?;
        let mut read = Vec::with_capacity(pairs.len());
        for (key, value) in &pairs {
            let value = self.read(value)?;
            let key = key.as_string().ok_or(MORE)?;
            read.push((self.text(&key)?, value));
        }
        Ok(Object::Map(read))
    }

    /// Counts a value.
    fn count(&mut self) -> Result<(), Why> {
        self.values += 1;
        if self.values > VALUES_MOST {
            return Err("too many values");
        }
        Ok(())
    }

    fn keys(&mut self, object: &JsObject) -> Result<Vec<PropertyKey>, Why> {
        object
            .own_property_keys(&mut self.context)
            .map_err(|_| "an object whose properties cannot be read")
    }

    fn array(&mut self, object: &JsObject) -> Result<Object, Why> {
        let keys = self.keys(object)?;
        let Some((last, indexes)) = keys.split_last() else {
            return Err("an array of another kind");
        };
        if *last != PropertyKey::from(js_string!("length")) {
            return Err("an array with properties");
        }
        let length = property(object, last)?;
        let length = length.value().and_then(JsValue::as_number);
        if length != Some(indexes.len() as f64) {
            return Err("an array with holes");
        }
        let mut all = Vec::with_capacity(indexes.len());
        for (at, key) in indexes.iter().enumerate() {
            match key {
                PropertyKey::Index(index) if index.get() as usize == at => {}
                _ => return Err("an array with properties"),
            }
            let value = datum(object, key)?;
            all.push(self.read(&value)?);
        }
        Ok(Object::Array(all))
    }

    fn pattern(&mut self, object: &JsObject) -> Result<Object, Why> {
        let reason = "a regular expression that may not be linear";
        let last = PropertyKey::from(js_string!("lastIndex"));
        if self.keys(object)? != [last.clone()] {
            return Err("a regular expression with properties");
        }
        let last = property(object, &last)?;
        if last.value().and_then(JsValue::as_number) != Some(0.0)
            || last.writable() != Some(true)
        {
            return Err("a regular expression that was used");
        }
        let regex = JsRegExp::from_object(object.clone());
        let regex = regex.map_err(|_| reason)?;
        let source = regex.source(&mut self.context).map_err(|_| reason)?;
        let flags = regex.flags(&mut self.context).map_err(|_| reason)?;
        self.bytes += source.len();
        if self.bytes > BYTES_MOST {
            return Err("too much text");
        }
        Ok(Object::Pattern { source, flags })
    }

    fn function(&mut self, object: &JsObject) -> Result<Object, Why> {
        self.untouched(object)?;
        let reason = "a function that is not written in the script";
        let value = JsValue::from(object.clone());
        let text = self.to_text.call(&value, &[], &mut self.context);
        let text =
            text.ok().and_then(|text| text.as_string()).ok_or(reason)?;
        let text = text.to_std_string_lossy();
        self.bytes += text.len();
        if self.bytes > BYTES_MOST {
            return Err("too much text");
        }
        Ok(Object::Function(text))
    }

    /// Fails where a function has other properties than it was born with.
    fn untouched(&mut self, object: &JsObject) -> Result<(), Why> {
        let reason = "a function with properties";
        let constructors = self.context.intrinsics().constructors();
        let of_functions = constructors.function().prototype();
        let of_objects = constructors.object().prototype();
        if object.prototype() != Some(of_functions) {
            return Err("a function of another kind");
        }
        for key in self.keys(object)? {
            let PropertyKey::String(name) = &key else { return Err(reason) };
            let name = name.to_std_string_lossy();
            match &*name {
                "length" | "name" => {
                    datum_of(object, &key)?;
                }
                "prototype" => {
                    let value = datum_of(object, &key)?;
                    let prototype = value.as_object().ok_or(reason)?;
                    let constructor =
                        PropertyKey::from(js_string!("constructor"));
                    if prototype.prototype() != Some(of_objects.clone())
                        || self.keys(&prototype)? != [constructor]
                    {
                        return Err(reason);
                    }
                }
                _ => return Err(reason),
            }
        }
        Ok(())
    }
}

fn property(
    object: &JsObject,
    key: &PropertyKey,
) -> Result<PropertyDescriptor, Why> {
    let found = object.borrow().properties().get(key);
    found.ok_or("a property that cannot be read")
}

fn datum_of(object: &JsObject, key: &PropertyKey) -> Result<JsValue, Why> {
    let property = property(object, key)?;
    property.value().cloned().ok_or("a property that is computed")
}

/// The value of a property that is shown, and not computed.
fn datum(object: &JsObject, key: &PropertyKey) -> Result<JsValue, Why> {
    let value = datum_of(object, key)?;
    match property(object, key)?.enumerable() {
        Some(true) => Ok(value),
        _ => Err("a property that is not shown"),
    }
}
