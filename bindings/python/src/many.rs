//! Many texts at once, and as many answers.

use std::ops::Range;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use foldhash::HashMap;
use foldhash::HashMapExt;
use pyo3::exceptions::{PyTypeError, PyUnicodeDecodeError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use rayon::prelude::*;

use crate::errors::{Fault, usage};
use crate::routes::Routes;

/// Texts that Python has, kept as they lie.
pub(crate) enum Kept<'py> {
    /// Objects, one each; nobody can change which.
    Objects(Bound<'py, PyTuple>),
    /// Blocks of bytes in which the texts lie one after the other, and where
    /// each begins and ends: Arrow's layout.
    Blocks { blocks: Vec<PyBackedBytes>, places: Vec<(usize, usize, usize)> },
    /// Texts that had to be made: NumPy's have four bytes for a character.
    Made(Vec<String>),
}

impl<'py> Kept<'py> {
    /// The texts of an iterable, of a NumPy array, or of an Arrow array.
    pub(crate) fn new(object: &Bound<'py, PyAny>) -> PyResult<Kept<'py>> {
        let has = |name| object.hasattr(name);
        if has("__arrow_c_stream__")? || has("__arrow_c_array__")? {
            if let Some(texts) = arrow(object)? {
                return Ok(texts);
            }
        } else if has("__array_interface__")?
            && let Some(texts) = numpy(object)?
        {
            return Ok(texts);
        }
        // A text is an iterable of its characters, and never meant so.
        if object.is_instance_of::<PyString>() {
            let message = "a single text is no list of URLs";
            return Err(PyTypeError::new_err(message));
        }
        let tuple = object.py().get_type::<PyTuple>().call1((object,))?;
        Ok(Kept::Objects(tuple.cast_into()?))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Kept::Objects(tuple) => tuple.len(),
            Kept::Blocks { places, .. } => places.len(),
            Kept::Made(texts) => texts.len(),
        }
    }

    /// Some of them.
    pub(crate) fn texts(&self, which: Range<usize>) -> PyResult<Vec<&str>> {
        match self {
            Kept::Objects(tuple) => {
                let mut texts = Vec::with_capacity(which.len());
                for index in which {
                    let item = tuple.get_borrowed_item(index)?;
                    texts.push(item.extract()?);
                }
                Ok(texts)
            }
            Kept::Blocks { blocks, places } => {
                let text = |(block, start, end): &(usize, usize, usize)| {
                    let block = blocks.get(*block)?;
                    // They were looked at when they were read.
                    std::str::from_utf8(block.get(*start..*end)?).ok()
                };
                let text = |place| text(place).unwrap_or_default();
                let places = places.get(which).unwrap_or_default();
                Ok(places.iter().map(text).collect())
            }
            Kept::Made(texts) => {
                let texts = texts.get(which).unwrap_or_default();
                Ok(texts.iter().map(|it| &**it).collect())
            }
        }
    }
}

/// The texts of an Arrow array, by pyarrow; nothing where that is not there.
fn arrow<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Kept<'py>>> {
    let py = object.py();
    let Ok(pyarrow) = py.import("pyarrow") else { return Ok(None) };
    let stream = object.hasattr("__arrow_c_stream__")?;
    let chunks = match stream {
        true => pyarrow.call_method1("chunked_array", (object,))?,
        false => {
            let array = pyarrow.call_method1("array", (object,))?;
            pyarrow.call_method1("chunked_array", ((array,),))?
        }
    };
    let text = pyarrow.call_method0("large_string")?;
    let chunks = chunks.call_method1("cast", (text,))?;
    let nulls: usize = chunks.getattr("null_count")?.extract()?;
    if nulls > 0 {
        let message = format!("{nulls} of the texts are null");
        return Err(PyTypeError::new_err(message));
    }
    let mut blocks = Vec::new();
    let mut places = Vec::new();
    for chunk in chunks.getattr("chunks")?.try_iter()? {
        let chunk = chunk?;
        let offset: usize = chunk.getattr("offset")?.extract()?;
        let size = chunk.len()?;
        let buffers: Vec<Bound<'_, PyAny>> =
            chunk.call_method0("buffers")?.extract()?;
        let [_, ends, data] = &buffers[..] else {
            return Err(PyTypeError::new_err("no array of texts"));
        };
        if size == 0 {
            continue;
        }
        let block: PyBackedBytes = match data.is_none() {
            true => PyBytes::new(py, b"").extract()?,
            false => data.call_method0("to_pybytes")?.extract()?,
        };
        let ends: PyBackedBytes =
            ends.call_method0("to_pybytes")?.extract()?;
        let (ends, _) = ends.as_chunks::<8>();
        let number = blocks.len();
        let mut start = None;
        for end in ends.iter().skip(offset).take(size + 1) {
            let end = usize::try_from(i64::from_le_bytes(*end)).unwrap_or(0);
            if let Some(start) = start {
                let text = block.get(start..end).unwrap_or_default();
                if let Err(error) = std::str::from_utf8(text) {
                    let error =
                        PyUnicodeDecodeError::new_utf8(py, text, error)?;
                    return Err(PyErr::from_value(error.into_any()));
                }
                places.push((number, start, end));
            }
            start = Some(end);
        }
        blocks.push(block);
    }
    Ok(Some(Kept::Blocks { blocks, places }))
}

/// The texts of a NumPy array of fixed width; others are objects.
fn numpy<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Kept<'py>>> {
    let py = object.py();
    let dtype = object.getattr("dtype")?;
    let kind: String = dtype.getattr("kind")?.extract()?;
    if kind != "U" {
        return Ok(None);
    }
    let dtype = dtype.call_method1("newbyteorder", ("<",))?;
    let options = PyDict::new(py);
    options.set_item("copy", false)?;
    let array = object.call_method("astype", (&dtype,), Some(&options))?;
    let width: usize = dtype.getattr("itemsize")?.extract()?;
    let bytes: PyBackedBytes = array.call_method0("tobytes")?.extract()?;
    let size: usize = array.getattr("size")?.extract()?;
    if width == 0 {
        return Ok(Some(Kept::Made(vec![String::new(); size])));
    }
    let made = |item: &[u8]| {
        let (letters, _) = item.as_chunks::<4>();
        let letters = letters.iter().map(|it| u32::from_le_bytes(*it));
        let mut text = String::with_capacity(width / 4);
        // What is shorter is filled with zeros.
        for letter in letters.take_while(|letter| *letter != 0) {
            text.push(char::from_u32(letter).unwrap_or('\u{fffd}'));
        }
        text
    };
    let texts = py.detach(|| match parallel() {
        true => bytes.par_chunks(width).map(made).collect(),
        false => bytes.chunks(width).map(made).collect(),
    });
    Ok(Some(Kept::Made(texts)))
}

/// Whether other threads help: not in a copy of a process that has them, as
/// `fork` makes it, in which there are none.
pub(crate) fn parallel() -> bool {
    static OWNER: AtomicU32 = AtomicU32::new(0);
    let this = process::id();
    let was =
        OWNER.compare_exchange(0, this, Ordering::Relaxed, Ordering::Relaxed);
    was.err().is_none_or(|owner| owner == this)
}

/// So many questions are read, and answered, before the next ones are: what
/// they need of memory is used again.
const BATCH: usize = 32 << 10;

/// So many questions are answered by one thread before it takes others.
const CHUNK: usize = 1024;

/// Answers of some questions, of which those that are the same are kept once.
#[derive(Default)]
struct Chunk {
    /// For each question, which of the answers is its own.
    answers: Vec<usize>,
    different: Vec<Result<whichproxy::Routes, Fault>>,
}

impl Chunk {
    fn of(
        questions: Range<usize>,
        ask: impl Fn(usize) -> Result<whichproxy::Routes, Fault>,
    ) -> Chunk {
        let mut chunk = Chunk::default();
        let mut known: HashMap<whichproxy::Routes, usize> = HashMap::new();
        for question in questions {
            let found = ask(question);
            let next = chunk.different.len();
            let place = match &found {
                Ok(routes) => match known.get(routes) {
                    Some(place) => *place,
                    None => {
                        known.insert(routes.clone(), next);
                        next
                    }
                },
                Err(_) => next,
            };
            if place == next {
                chunk.different.push(found);
            }
            chunk.answers.push(place);
        }
        chunk
    }
}

/// The answers to questions about URLs, and perhaps hosts, found on all
/// cores, as a list in which what is the same is one object.
pub(crate) fn answers<'py>(
    urls: &Bound<'py, PyAny>,
    hosts: Option<&Bound<'py, PyAny>>,
    ask: impl Fn(&str, Option<&str>) -> Result<whichproxy::Routes, Fault> + Sync,
    return_exceptions: bool,
) -> PyResult<Bound<'py, PyList>> {
    let py = urls.py();
    let urls = Kept::new(urls)?;
    let hosts = hosts.map(Kept::new).transpose()?;
    let count = urls.len();
    if hosts.as_ref().is_some_and(|it| it.len() != count) {
        return Err(usage(py, "there are not as many hosts as URLs"));
    }
    let mut known: HashMap<whichproxy::Routes, Bound<'py, PyAny>> =
        HashMap::new();
    let mut list = Vec::with_capacity(count);
    for start in (0..count).step_by(BATCH) {
        let batch = start..count.min(start + BATCH);
        let urls = urls.texts(batch.clone())?;
        let hosts = hosts.as_ref().map(|it| it.texts(batch)).transpose()?;
        let one = |index: usize| {
            let url = urls.get(index).copied().unwrap_or_default();
            let host = hosts.as_ref().and_then(|hosts| hosts.get(index));
            ask(url, host.copied())
        };
        let chunk = |number: usize| {
            let start = number * CHUNK;
            Chunk::of(start..urls.len().min(start + CHUNK), one)
        };
        let chunks = 0..urls.len().div_ceil(CHUNK);
        let chunks: Vec<Chunk> = py.detach(|| match parallel() {
            true => chunks.into_par_iter().map(chunk).collect(),
            false => chunks.map(chunk).collect(),
        });
        for Chunk { answers, different } in chunks {
            let mut objects = Vec::with_capacity(different.len());
            for found in different {
                objects.push(match found {
                    Ok(routes) => object(py, &mut known, routes)?,
                    Err(fault) if return_exceptions => fault.exception(py)?,
                    Err(fault) => return Err(fault.raised(py)),
                });
            }
            let told = answers.iter().filter_map(|place| objects.get(*place));
            list.extend(told.cloned());
        }
    }
    PyList::new(py, list)
}

/// The one object that these routes are.
fn object<'py>(
    py: Python<'py>,
    known: &mut HashMap<whichproxy::Routes, Bound<'py, PyAny>>,
    routes: whichproxy::Routes,
) -> PyResult<Bound<'py, PyAny>> {
    if let Some(object) = known.get(&routes) {
        return Ok(object.clone());
    }
    let object = Bound::new(py, Routes(routes.clone()))?.into_any();
    known.insert(routes, object.clone());
    Ok(object)
}
