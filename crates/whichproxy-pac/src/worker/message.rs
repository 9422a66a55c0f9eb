//! What a worker is told, and what it says.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use super::values::{self, Room};
use super::wire::{Decoder, Encoder, Malformed};
use crate::engine::datum::Datum;
use crate::meta::Answer;
use crate::syntax::Variable;
use crate::{Error, ErrorKind, Family, Limits, LocalTime, Question};

/// What both ends must agree on; the version, since values and limits may
/// be others in another.
pub(super) const VERSION: &str =
    concat!("whichproxy-pac ", env!("CARGO_PKG_VERSION"), " 1");

/// The longest message to a worker: a script is in it.
pub(super) const REQUEST_MOST: usize = 256 << 20;

/// The longest message of a worker before it is ready, and the most beside
/// what a message carries.
pub(super) const PLAIN_MOST: usize = 4 << 10;

/// The longest message of a worker that tells what a script made.
pub(super) const VALUE_MOST: usize = 64 << 20;

/// The longest message of a worker that answers under these limits.
pub(super) fn reply_most(limits: &Limits) -> usize {
    let most = limits.result_bytes().max(limits.alert_bytes());
    most.saturating_add(PLAIN_MOST)
}

/// So many names may a script give to the global object.
pub(super) const NAMES_MOST: usize = 100_000;

/// What a worker is told.
#[derive(Clone, Debug)]
pub(super) enum Request<'b> {
    /// A script, under a number of its own.
    Script { id: u64, limits: Limits, source: Cow<'b, str> },
    /// The script of this number comes no more.
    Forget { id: u64 },
    /// Read a script, and run nothing.
    Read { id: u64 },
    /// Call a script's function.
    Call { id: u64, url: Cow<'b, str>, host: Cow<'b, str> },
    /// The answer to its question.
    Answer(Result<Answer, Error>),
    /// Run a script with marks in it, to be read.
    Load { limits: Limits, mark: Cow<'b, str>, text: Cow<'b, str> },
    /// Tell what a variable of it holds.
    Value(Variable),
    /// Tell whether it could see that it was read, and forget it.
    End,
}

/// What a worker says.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// It waits for requests.
    Ready { version: String },
    /// It is none.
    Failed { why: String },
    /// A question, which is answered before anything else is said.
    Question(Question),
    /// A message of the script.
    Alert(String),
    /// The job is done.
    Done(Done),
    /// The names that a script gave to the global object, or the reason of a
    /// refusal.
    Loaded(Result<Vec<String>, String>),
    /// What a variable holds.
    Value(Result<Option<Datum>, String>),
    /// What it said was the truth, or the reason of a refusal.
    Ended(Result<(), String>),
}

/// The end of a job.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) result: Result<String, Error>,
    /// How many messages there was no room for.
    pub(super) dropped: u64,
    /// From when on the clock may change the answer.
    pub(super) until: Option<i64>,
}

type Decoded<T> = Result<T, Malformed>;

impl Request<'_> {
    /// Puts it into a frame that was begun.
    pub(super) fn encode(&self, to: &mut Encoder) {
        match self {
            Request::Script { id, limits: bounds, source } => {
                to.byte(0);
                to.large(*id);
                limits(bounds, to);
                to.text(source);
            }
            Request::Forget { id } => {
                to.byte(1);
                to.large(*id);
            }
            Request::Read { id } => {
                to.byte(2);
                to.large(*id);
            }
            Request::Call { id, url, host } => {
                to.byte(3);
                to.large(*id);
                to.text(url);
                to.text(host);
            }
            Request::Answer(answer) => {
                to.byte(4);
                result(answer, to, answer_to);
            }
            Request::Load { limits: bounds, mark, text } => {
                to.byte(5);
                limits(bounds, to);
                to.text(mark);
                to.text(text);
            }
            Request::Value(Variable::Script { name, lexical }) => {
                to.byte(6);
                to.byte(u8::from(*lexical));
                to.text(name);
            }
            Request::Value(Variable::Hidden { piece, index }) => {
                to.byte(7);
                to.small(*piece);
                to.small(*index);
            }
            Request::End => to.byte(8),
        }
    }

    /// Reads it from a frame.
    pub(super) fn decode(frame: &[u8]) -> Decoded<Request<'_>> {
        let mut from = Decoder::new(frame);
        let request = match from.byte()? {
            0 => Request::Script {
                id: from.large()?,
                limits: read_limits(&mut from)?,
                source: from.text()?.into(),
            },
            1 => Request::Forget { id: from.large()? },
            2 => Request::Read { id: from.large()? },
            3 => Request::Call {
                id: from.large()?,
                url: from.text()?.into(),
                host: from.text()?.into(),
            },
            4 => Request::Answer(read_result(&mut from, read_answer)?),
            5 => Request::Load {
                limits: read_limits(&mut from)?,
                mark: from.text()?.into(),
                text: from.text()?.into(),
            },
            6 => {
                let lexical = from.flag()?;
                let name = from.text()?.into();
                Request::Value(Variable::Script { name, lexical })
            }
            7 => {
                let (piece, index) = (from.small()?, from.small()?);
                Request::Value(Variable::Hidden { piece, index })
            }
            8 => Request::End,
            _ => return Err(Malformed("a request of no kind")),
        };
        from.end()?;
        Ok(request)
    }
}

impl Reply {
    /// Puts it into a frame that was begun.
    pub(super) fn encode(&self, to: &mut Encoder) {
        match self {
            Reply::Ready { version } => {
                to.byte(0);
                to.text(version);
            }
            Reply::Failed { why } => {
                to.byte(1);
                to.text(&said(why));
            }
            Reply::Question(question) => {
                to.byte(2);
                question_to(question, to);
            }
            Reply::Alert(message) => {
                to.byte(3);
                to.text(message);
            }
            Reply::Done(Done { result: done, dropped, until }) => {
                to.byte(4);
                to.large(*dropped);
                to.byte(u8::from(until.is_some()));
                to.large(until.unwrap_or_default().cast_unsigned());
                result(done, to, |text, to| to.text(text));
            }
            Reply::Loaded(names) => {
                to.byte(5);
                reason(names, to, |names, to| {
                    to.count(names.len());
                    names.iter().for_each(|name| to.text(name));
                });
            }
            Reply::Value(value) => {
                to.byte(6);
                reason(value, to, |value, to| {
                    to.byte(u8::from(value.is_some()));
                    value.iter().for_each(|it| values::encode(it, to));
                });
            }
            Reply::Ended(end) => {
                to.byte(7);
                reason(end, to, |(), _| {});
            }
        }
    }

    /// Reads it from a frame; `room` is what is left for values.
    pub(super) fn decode(frame: &[u8], room: &mut Room) -> Decoded<Reply> {
        let mut from = Decoder::new(frame);
        let reply = match from.byte()? {
            0 => Reply::Ready { version: from.text()?.to_owned() },
            1 => Reply::Failed { why: plain(from.text()?)? },
            2 => Reply::Question(read_question(&mut from)?),
            3 => Reply::Alert(from.text()?.to_owned()),
            4 => {
                let dropped = from.large()?;
                let held = from.flag()?;
                let until = from.large()?.cast_signed();
                let text =
                    |from: &mut Decoder<'_>| from.text().map(Into::into);
                Reply::Done(Done {
                    dropped,
                    until: held.then_some(until),
                    result: read_result(&mut from, text)?,
                })
            }
            5 => Reply::Loaded(read_reason(&mut from, |from| {
                let count = from.count()?;
                if count > NAMES_MOST {
                    return Err(Malformed("too many names"));
                }
                let names = (0..count).map(|_| from.text().map(Into::into));
                names.collect()
            })?),
            6 => Reply::Value(read_reason(&mut from, |from| {
                match from.flag()? {
                    true => values::decode(from, room).map(Some),
                    false => Ok(None),
                }
            })?),
            7 => Reply::Ended(read_reason(&mut from, |_| Ok(()))?),
            _ => return Err(Malformed("a reply of no kind")),
        };
        from.end()?;
        Ok(reply)
    }
}

fn limits(limits: &Limits, to: &mut Encoder) {
    to.size(limits.source_bytes());
    let deadline = limits.deadline();
    to.large(deadline.as_secs());
    to.small(deadline.subsec_nanos());
    to.large(limits.loop_iterations());
    to.size(limits.recursion());
    to.size(limits.lookups());
    to.size(limits.alert_bytes());
    to.size(limits.result_bytes());
}

fn read_limits(from: &mut Decoder<'_>) -> Decoded<Limits> {
    let source_bytes = from.size()?;
    let (seconds, nanoseconds) = (from.large()?, from.small()?);
    if nanoseconds >= 1_000_000_000 {
        return Err(Malformed("a time of more than a second"));
    }
    Ok(Limits::new()
        .with_source_bytes(source_bytes)
        .with_deadline(Duration::new(seconds, nanoseconds))
        .with_loop_iterations(from.large()?)
        .with_recursion(from.size()?)
        .with_lookups(from.size()?)
        .with_alert_bytes(from.size()?)
        .with_result_bytes(from.size()?))
}

fn family_to(family: Family, to: &mut Encoder) {
    to.byte(match family {
        Family::V4 => 4,
        Family::V6 => 6,
        Family::Any => 0,
    });
}

fn read_family(from: &mut Decoder<'_>) -> Decoded<Family> {
    match from.byte()? {
        4 => Ok(Family::V4),
        6 => Ok(Family::V6),
        0 => Ok(Family::Any),
        _ => Err(Malformed("a family that is none")),
    }
}

fn question_to(question: &Question, to: &mut Encoder) {
    match question {
        Question::OwnAddresses { family } => {
            to.byte(0);
            family_to(*family, to);
        }
        Question::Resolve { name, family } => {
            to.byte(1);
            family_to(*family, to);
            to.text(name);
        }
        Question::Time => to.byte(2),
    }
}

fn read_question(from: &mut Decoder<'_>) -> Decoded<Question> {
    Ok(match from.byte()? {
        0 => Question::OwnAddresses { family: read_family(from)? },
        1 => {
            let family = read_family(from)?;
            Question::Resolve { name: from.text()?.to_owned(), family }
        }
        2 => Question::Time,
        _ => return Err(Malformed("a question of no kind")),
    })
}

fn answer_to(answer: &Answer, to: &mut Encoder) {
    match answer {
        Answer::Addresses(addresses) => {
            to.byte(0);
            to.count(addresses.len());
            addresses.iter().for_each(|address| to.address(address));
        }
        Answer::Time(time) => {
            to.byte(1);
            to.large(time.unix_milliseconds().cast_unsigned());
            to.small(time.utc_offset_seconds().cast_unsigned());
        }
    }
}

fn read_answer(from: &mut Decoder<'_>) -> Decoded<Answer> {
    Ok(match from.byte()? {
        0 => {
            let count = from.count()?;
            let addresses = (0..count).map(|_| from.address());
            let addresses: Vec<IpAddr> =
                addresses.collect::<Result<_, _>>()?;
            Answer::Addresses(addresses.into())
        }
        1 => {
            let milliseconds = from.large()?.cast_signed();
            let offset = from.small()?.cast_signed();
            Answer::Time(LocalTime::new(milliseconds, offset))
        }
        _ => return Err(Malformed("an answer of no kind")),
    })
}

/// A flag, and what it says to come: the good or the bad.
fn either<T, E>(
    result: &Result<T, E>,
    to: &mut Encoder,
    good: impl FnOnce(&T, &mut Encoder),
    bad: impl FnOnce(&E, &mut Encoder),
) {
    match result {
        Ok(value) => {
            to.byte(0);
            good(value, to);
        }
        Err(error) => {
            to.byte(1);
            bad(error, to);
        }
    }
}

fn result<T>(
    result: &Result<T, Error>,
    to: &mut Encoder,
    good: impl FnOnce(&T, &mut Encoder),
) {
    either(result, to, good, |error, to| {
        let kind = KINDS.iter().position(|kind| *kind == error.kind());
        to.small(kind.and_then(|it| it.try_into().ok()).unwrap_or(0));
        to.small(error.line().unwrap_or(0));
        to.small(error.column().unwrap_or(0));
        to.text(&said(error.message()));
    });
}

fn read_result<T>(
    from: &mut Decoder<'_>,
    good: impl FnOnce(&mut Decoder<'_>) -> Decoded<T>,
) -> Decoded<Result<T, Error>> {
    if !from.flag()? {
        return good(from).map(Ok);
    }
    let kind = usize::try_from(from.small()?).unwrap_or(usize::MAX);
    let kind = KINDS.get(kind).ok_or(Malformed("an error of no kind"))?;
    let (line, column) = (from.small()?, from.small()?);
    let message = plain(from.text()?)?;
    Ok(Err(Error::new(*kind, message).at(line, column)))
}

fn reason<T>(
    result: &Result<T, String>,
    to: &mut Encoder,
    good: impl FnOnce(&T, &mut Encoder),
) {
    either(result, to, good, |why, to| to.text(&said(why)));
}

fn read_reason<T>(
    from: &mut Decoder<'_>,
    good: impl FnOnce(&mut Decoder<'_>) -> Decoded<T>,
) -> Decoded<Result<T, String>> {
    match from.flag()? {
        false => good(from).map(Ok),
        true => plain(from.text()?).map(Err),
    }
}

/// The kinds of errors that a worker tells, and that it is told.
const KINDS: [ErrorKind; 7] = [
    ErrorKind::Exception,
    ErrorKind::Deadline,
    ErrorKind::Limit,
    ErrorKind::MissingFunction,
    ErrorKind::Result,
    ErrorKind::Source,
    ErrorKind::Syntax,
];

/// The longest message of an error, which is shown.
const MESSAGE_MOST: usize = 2 << 10;

/// A message that can be shown; ours are.
pub(super) fn said(message: &str) -> Cow<'_, str> {
    if plain(message).is_ok() {
        return message.into();
    }
    let escaped = message.chars().flat_map(|c| {
        let escape = c.is_control().then(|| c.escape_debug());
        let plain = (!c.is_control()).then_some(c);
        escape.into_iter().flatten().chain(plain)
    });
    escaped.take(MESSAGE_MOST / 4).collect::<String>().into()
}

/// Whatever speaks for a worker, what is shown of it is a short line.
fn plain(message: &str) -> Decoded<String> {
    if message.len() > MESSAGE_MOST || message.chars().any(char::is_control) {
        return Err(Malformed("a message that cannot be shown"));
    }
    Ok(message.to_owned())
}

/// Reads whatever a parent could say; `None` where it is none.
#[doc(hidden)]
pub fn fuzz_request(frame: &[u8]) -> Option<Vec<u8>> {
    let request = Request::decode(frame).ok()?;
    let mut to = Encoder::default();
    to.begin();
    request.encode(&mut to);
    Some(to.into_payload())
}

/// Reads whatever a worker could say; `None` where it is none.
#[doc(hidden)]
pub fn fuzz_reply(frame: &[u8]) -> Option<Vec<u8>> {
    let reply = Reply::decode(frame, &mut Room::new()).ok()?;
    let mut to = Encoder::default();
    to.begin();
    reply.encode(&mut to);
    Some(to.into_payload())
}

/// What a worker says once it is ready, as a frame.
#[doc(hidden)]
pub fn fuzz_ready() -> Vec<u8> {
    let mut to = Encoder::default();
    to.begin();
    Reply::Ready { version: VERSION.to_owned() }.encode(&mut to);
    let mut frame = Vec::new();
    // A vector takes whatever it is given.
    let _ = to.write(&mut frame);
    frame
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::values::tests::datum;
    use super::*;

    fn error() -> impl Strategy<Value = Error> {
        (0..KINDS.len(), 0..9_u32, 0..9_u32, ".{0,40}").prop_map(
            |(kind, line, column, message)| {
                Error::new(KINDS[kind], said(&message)).at(line, column)
            },
        )
    }

    fn family() -> impl Strategy<Value = Family> {
        prop_oneof![Just(Family::V4), Just(Family::V6), Just(Family::Any)]
    }

    fn answer() -> impl Strategy<Value = Answer> {
        prop_oneof![
            vec(any::<IpAddr>(), 0..5)
                .prop_map(|all| Answer::Addresses(all.into())),
            (any::<i64>(), any::<i32>())
                .prop_map(|(ms, s)| Answer::Time(LocalTime::new(ms, s))),
        ]
    }

    fn request() -> impl Strategy<Value = Request<'static>> {
        let limits = (any::<usize>(), any::<u64>()).prop_map(|(a, b)| {
            Limits::new()
                .with_source_bytes(a)
                .with_loop_iterations(b)
                .with_recursion(a / 2)
                .with_deadline(Duration::from_nanos(b))
                .with_result_bytes(a / 3)
        });
        let id = any::<u64>;
        prop_oneof![
            (id(), limits.clone(), ".*").prop_map(|(id, limits, source)| {
                Request::Script { id, limits, source: source.into() }
            }),
            id().prop_map(|id| Request::Forget { id }),
            id().prop_map(|id| Request::Read { id }),
            (id(), ".*", ".*").prop_map(|(id, url, host)| Request::Call {
                id,
                url: url.into(),
                host: host.into()
            }),
            answer().prop_map(|answer| Request::Answer(Ok(answer))),
            error().prop_map(|error| Request::Answer(Err(error))),
            (limits, ".*", ".*").prop_map(|(limits, mark, text)| {
                Request::Load { limits, mark: mark.into(), text: text.into() }
            }),
            (".*", any::<bool>()).prop_map(|(name, lexical)| {
                let name = name.into();
                Request::Value(Variable::Script { name, lexical })
            }),
            (any::<u32>(), any::<u32>()).prop_map(|(piece, index)| {
                Request::Value(Variable::Hidden { piece, index })
            }),
            Just(Request::End),
        ]
    }

    fn reply() -> impl Strategy<Value = Reply> {
        let question = prop_oneof![
            Just(Question::Time),
            family().prop_map(|family| Question::OwnAddresses { family }),
            (".*", family())
                .prop_map(|(name, family)| Question::Resolve { name, family }),
        ];
        let why = || ".{0,40}".prop_map(|why| said(&why).into_owned());
        let result = prop_oneof![".*".prop_map(Ok), error().prop_map(Err)];
        prop_oneof![
            ".*".prop_map(|version| Reply::Ready { version }),
            why().prop_map(|why| Reply::Failed { why }),
            question.prop_map(Reply::Question),
            ".*".prop_map(Reply::Alert),
            (result, any::<u64>(), any::<Option<i64>>()).prop_map(
                |(result, dropped, until)| {
                    Reply::Done(Done { result, dropped, until })
                }
            ),
            vec(".*", 0..5).prop_map(|names| Reply::Loaded(Ok(names))),
            why().prop_map(|why| Reply::Loaded(Err(why))),
            Just(Reply::Value(Ok(None))),
            datum().prop_map(|value| Reply::Value(Ok(Some(value)))),
            why().prop_map(|why| Reply::Value(Err(why))),
            Just(Reply::Ended(Ok(()))),
            why().prop_map(|why| Reply::Ended(Err(why))),
        ]
    }

    fn frame(encode: impl FnOnce(&mut Encoder)) -> Vec<u8> {
        let mut to = Encoder::default();
        to.begin();
        encode(&mut to);
        to.into_payload()
    }

    proptest! {
        #[test]
        fn requests_come_back(request in request()) {
            let bytes = frame(|to| request.encode(to));
            let back = Request::decode(&bytes).unwrap();
            prop_assert_eq!(format!("{:?}", back), format!("{:?}", request));
            // No part of it is a message, and nothing may follow.
            for cut in 0..bytes.len() {
                prop_assert!(Request::decode(&bytes[..cut]).is_err());
            }
            let longer = [&bytes[..], &[0]].concat();
            prop_assert!(Request::decode(&longer).is_err());
        }

        #[test]
        fn replies_come_back(reply in reply()) {
            let bytes = frame(|to| reply.encode(to));
            let decode = |bytes| Reply::decode(bytes, &mut Room::new());
            let back = decode(&bytes).unwrap();
            prop_assert_eq!(format!("{:?}", back), format!("{:?}", reply));
            for cut in 0..bytes.len() {
                prop_assert!(decode(&bytes[..cut]).is_err());
            }
            let longer = [&bytes[..], &[0]].concat();
            prop_assert!(decode(&longer).is_err());
        }

        #[test]
        fn bytes_by_chance_are_refused_or_read(
            bytes in vec(any::<u8>(), 0..200),
            kind in 0..10_u8,
        ) {
            let bytes = [&[kind][..], &bytes].concat();
            // What is read is what would be written.
            if let Some(again) = fuzz_request(&bytes) {
                prop_assert_eq!(fuzz_request(&again), Some(again));
            }
            if let Some(again) = fuzz_reply(&bytes) {
                prop_assert_eq!(fuzz_reply(&again), Some(again));
            }
        }
    }

    #[test]
    fn what_is_shown_is_a_short_line() {
        for bad in ["a\nb", "\u{1b}[2J", &"x".repeat(3_000)] {
            assert!(plain(bad).is_err());
            assert!(plain(&said(bad)).is_ok());
            let bytes = frame(|to| {
                to.byte(1);
                to.text(bad);
            });
            assert!(Reply::decode(&bytes, &mut Room::new()).is_err());
        }
    }
}
