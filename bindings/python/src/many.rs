//! Many texts at once, and as many answers.

use std::ops::Range;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use foldhash::HashMap;
use foldhash::HashMapExt;
use pyo3::exceptions::{PyTypeError, PyUnicodeDecodeError};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyList};
use rayon::prelude::*;

use crate::errors::Fault;
use crate::routes::Routes;

/// Texts that Python has, read where they lie as far as that can be done.
pub(crate) enum Texts {
    /// Objects, one each.
    Objects(Vec<PyBackedStr>),
    /// Blocks of bytes in which the texts lie one after the other, and where
    /// each ends: Arrow's layout.
    Blocks { blocks: Vec<PyBackedBytes>, places: Vec<(u32, usize, usize)> },
    /// Texts that had to be made: NumPy's have four bytes for a character.
    Made(Vec<String>),
}

impl Texts {
    /// The texts of an iterable, of a NumPy array, or of an Arrow array.
    pub(crate) fn read(object: &Bound<'_, PyAny>) -> PyResult<Texts> {
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
        if object.extract::<&str>().is_ok() {
            let message = "a single text is no list of URLs";
            return Err(PyTypeError::new_err(message));
        }
        let size = object.len().unwrap_or(0);
        let mut texts = Vec::with_capacity(size);
        for item in object.try_iter()? {
            texts.push(item?.extract()?);
        }
        Ok(Texts::Objects(texts))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Texts::Objects(texts) => texts.len(),
            Texts::Blocks { places, .. } => places.len(),
            Texts::Made(texts) => texts.len(),
        }
    }

    /// One of them; the empty text where there are not so many.
    pub(crate) fn text(&self, index: usize) -> &str {
        match self {
            Texts::Objects(texts) => texts.get(index).map(|it| &**it),
            Texts::Blocks { blocks, places } => {
                places.get(index).and_then(|(block, start, end)| {
                    let block = blocks.get(*block as usize)?;
                    // They were looked at when they were read.
                    std::str::from_utf8(block.get(*start..*end)?).ok()
                })
            }
            Texts::Made(texts) => texts.get(index).map(|it| &**it),
        }
        .unwrap_or_default()
    }
}

/// The texts of an Arrow array, by pyarrow; nothing where that is not there.
fn arrow(object: &Bound<'_, PyAny>) -> PyResult<Option<Texts>> {
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
        let number = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
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
    Ok(Some(Texts::Blocks { blocks, places }))
}

/// The texts of a NumPy array of fixed width; others are objects.
fn numpy(object: &Bound<'_, PyAny>) -> PyResult<Option<Texts>> {
    let py = object.py();
    let dtype = object.getattr("dtype")?;
    let kind: String = dtype.getattr("kind")?.extract()?;
    if kind != "U" {
        return Ok(None);
    }
    let dtype = dtype.call_method1("newbyteorder", ("<",))?;
    let array = object.call_method1("astype", (&dtype,))?;
    let width: usize = dtype.getattr("itemsize")?.extract()?;
    let bytes: PyBackedBytes = array.call_method0("tobytes")?.extract()?;
    let size: usize = array.getattr("size")?.extract()?;
    if width == 0 {
        return Ok(Some(Texts::Made(vec![String::new(); size])));
    }
    let made = |item: &[u8]| {
        let (letters, _) = item.as_chunks::<4>();
        let letters = letters.iter().map(|it| u32::from_le_bytes(*it));
        // What is shorter is filled with zeros.
        let letters = letters.take_while(|letter| *letter != 0);
        letters.map(|it| char::from_u32(it).unwrap_or('\u{fffd}')).collect()
    };
    let texts = py.detach(|| match parallel() {
        true => bytes.par_chunks(width).map(made).collect(),
        false => bytes.chunks(width).map(made).collect(),
    });
    Ok(Some(Texts::Made(texts)))
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

/// The answers to so many questions, found on all cores, as a list in which
/// what is the same is one object.
pub(crate) fn answers<'py>(
    py: Python<'py>,
    count: usize,
    ask: impl Fn(usize) -> Result<whichproxy::Routes, Fault> + Sync,
    return_exceptions: bool,
) -> PyResult<Bound<'py, PyList>> {
    let chunk = |number: usize| {
        let start = number * CHUNK;
        Chunk::of(start..count.min(start + CHUNK), &ask)
    };
    let chunks = 0..count.div_ceil(CHUNK);
    let chunks: Vec<Chunk> = py.detach(|| match parallel() {
        true => chunks.into_par_iter().map(chunk).collect(),
        false => chunks.map(chunk).collect(),
    });
    let mut known: HashMap<whichproxy::Routes, Bound<'py, PyAny>> =
        HashMap::new();
    let mut list = Vec::with_capacity(count);
    for Chunk { answers, different } in chunks {
        let mut objects = Vec::with_capacity(different.len());
        for found in different {
            objects.push(match found {
                Ok(routes) => match known.get(&routes) {
                    Some(object) => object.clone(),
                    None => {
                        let object = Bound::new(py, Routes(routes.clone()))?;
                        let object = object.into_any();
                        known.insert(routes, object.clone());
                        object
                    }
                },
                Err(fault) if return_exceptions => fault.exception(py)?,
                Err(fault) => return Err(fault.raised(py)),
            });
        }
        let objects = answers.iter().filter_map(|place| objects.get(*place));
        list.extend(objects.cloned());
    }
    PyList::new(py, list)
}
