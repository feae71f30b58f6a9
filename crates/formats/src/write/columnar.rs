//! A screening as Parquet: one row a device in typed columns, its evidence as a list. For who asks
//! a question of a million devices at once.

use std::io::{self, Write as _};
use std::sync::Arc;

use jiff::civil::Date;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::{EvidenceReport, clean_to};

use super::format::{Ending, Finding, Format, Run, Sink, Target};
use super::told;
use crate::read::Sites;

pub(crate) const FORMAT: Format = Format {
    word: "parquet",
    title: "a table of typed columns (Parquet), evidence as a list",
    endings: &[".parquet"],
    open,
};

/// Devices that are held until their columns are written.
const GROUP_DEVICES: usize = 8_192;

/// Pieces of evidence after which a group is written, however few devices it has.
const GROUP_EVIDENCE: usize = 262_144;

/// Characters of one value.
const VALUE_CHARS_MAX: usize = 65_536;

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Day,
    Int,
    Long,
    Double,
    Flag,
}

impl Kind {
    /// Its type as a schema names it, and what it stands for.
    const fn types(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("binary", " (STRING)"),
            Self::Day => ("int32", " (DATE)"),
            Self::Int => ("int32", ""),
            Self::Long => ("int64", ""),
            Self::Double => ("double", ""),
            Self::Flag => ("boolean", ""),
        }
    }
}

/// The values of a column.
#[derive(Debug)]
enum Values {
    Text(Vec<ByteArray>),
    Int(Vec<i32>),
    Long(Vec<i64>),
    Double(Vec<f64>),
    Flag(Vec<bool>),
}

/// One value.
enum Value<'v> {
    None,
    Text(&'v str),
    Int(i32),
    Long(i64),
    Double(f64),
    Flag(bool),
}

/// A column that is being filled.
#[derive(Debug)]
struct Column {
    name: String,
    kind: Kind,
    optional: bool,
    /// Whether it is one of the pieces of evidence, of which a device has any number.
    listed: bool,
    values: Values,
    /// Of each place whether a value stands there: how deep the row is defined.
    defined: Vec<i16>,
    /// Of each place whether it goes on with the list of the device before.
    repeated: Vec<i16>,
}

impl Column {
    fn new(name: impl Into<String>, kind: Kind) -> Self {
        let values = match kind {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Day | Kind::Int => Values::Int(Vec::new()),
            Kind::Long => Values::Long(Vec::new()),
            Kind::Double => Values::Double(Vec::new()),
            Kind::Flag => Values::Flag(Vec::new()),
        };
        let (defined, repeated) = (Vec::new(), Vec::new());
        let (optional, listed) = (true, false);
        Self { name: name.into(), kind, optional, listed, values, defined, repeated }
    }

    const fn required(mut self) -> Self {
        self.optional = false;
        self
    }

    const fn listed(mut self) -> Self {
        self.listed = true;
        self
    }

    /// Its line of the schema.
    fn schema(&self) -> String {
        let word = if self.optional { "optional" } else { "required" };
        let (physical, logical) = self.kind.types();
        format!("{word} {physical} {}{logical};", self.name)
    }

    /// Adds a value that begins a row, or goes on with its list.
    fn push(&mut self, value: &Value<'_>, again: bool) {
        let there = match (&mut self.values, value) {
            (Values::Text(all), Value::Text(text)) => {
                all.push(ByteArray::from(clean_to(text, VALUE_CHARS_MAX).into_bytes()));
                true
            }
            (Values::Int(all), Value::Int(number)) => {
                all.push(*number);
                true
            }
            (Values::Long(all), Value::Long(number)) => {
                all.push(*number);
                true
            }
            (Values::Double(all), Value::Double(number)) => {
                all.push(*number);
                true
            }
            (Values::Flag(all), Value::Flag(flag)) => {
                all.push(*flag);
                true
            }
            _ => false,
        };
        self.defined.push(i16::from(self.listed) + i16::from(there && self.optional));
        self.repeated.push(i16::from(again));
    }

    /// Says that a device's list is empty.
    fn push_empty(&mut self) {
        self.defined.push(0);
        self.repeated.push(0);
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        fn put<T: DataType>(
            writer: &mut SerializedColumnWriter<'_>,
            values: &mut Vec<T::T>,
            defined: Option<&[i16]>,
            repeated: Option<&[i16]>,
        ) -> Result<(), ParquetError> {
            writer.typed::<T>().write_batch(values, defined, repeated)?;
            values.clear();
            Ok(())
        }
        let defined = (self.optional || self.listed).then_some(self.defined.as_slice());
        let repeated = self.listed.then_some(self.repeated.as_slice());
        match &mut self.values {
            Values::Text(all) => put::<ByteArrayType>(writer, all, defined, repeated)?,
            Values::Int(all) => put::<Int32Type>(writer, all, defined, repeated)?,
            Values::Long(all) => put::<Int64Type>(writer, all, defined, repeated)?,
            Values::Double(all) => put::<DoubleType>(writer, all, defined, repeated)?,
            Values::Flag(all) => put::<BoolType>(writer, all, defined, repeated)?,
        }
        self.defined.clear();
        self.repeated.clear();
        Ok(())
    }
}

/// The columns of a device, then those of its evidence.
fn columns(run: &Run<'_>) -> Vec<Column> {
    let one = Column::new;
    let mut all = vec![
        one("device", Kind::Text).required(),
        one("file", Kind::Text).required(),
        one("sheet", Kind::Text),
        one("line", Kind::Long),
        one("records", Kind::Int).required(),
        one("site", Kind::Text),
        one("label_id", Kind::Text),
        one("label", Kind::Text),
        one("model", Kind::Text),
        one("maker_id", Kind::Text),
        one("makers", Kind::Text).required(),
        one("certainty", Kind::Text).required(),
        one("p", Kind::Double),
        one("p_unknown", Kind::Double).required(),
        one("right", Kind::Int),
        one("of", Kind::Int),
        one("clusters", Kind::Int),
        one("lower_bound", Kind::Double),
        one("standing", Kind::Text).required(),
        one("headline", Kind::Text).required(),
        one("contradictions", Kind::Int).required(),
        one("would_settle", Kind::Text),
        one("installed", Kind::Day),
        one("asked_for", Kind::Day).required(),
        one("exempted", Kind::Text),
    ];
    for regime in run.regimes {
        let id = regime.id.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        all.push(Column::new(format!("ruling_{id}"), Kind::Text).required());
    }
    all.extend([
        one("field", Kind::Text).required().listed(),
        one("value", Kind::Text).required().listed(),
        one("polarity", Kind::Text).required().listed(),
        one("maker_or_label", Kind::Text).required().listed(),
        one("role", Kind::Text).required().listed(),
        one("decibans", Kind::Double).listed(),
        one("fitted", Kind::Flag).required().listed(),
        one("structural", Kind::Flag).required().listed(),
        one("fact", Kind::Text).required().listed(),
        one("sources", Kind::Text).required().listed(),
    ]);
    all
}

fn schema(columns: &[Column]) -> String {
    let lines = |listed: bool| {
        let of_them = columns.iter().filter(move |one| one.listed == listed);
        of_them.map(Column::schema).collect::<Vec<_>>().join("\n")
    };
    format!(
        "message screening {{\n{}\nrequired group evidence (LIST) {{ repeated group list {{ \
         required group element {{\n{}\n}} }} }}\n}}",
        lines(false),
        lines(true)
    )
}

fn open<'r>(target: Target, run: &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>> {
    let columns = columns(run);
    let schema = parse_message_type(&schema(&columns)).map_err(io::Error::other)?;
    let properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(format!("whomade {}", run.program))
        .build();
    let writer = SerializedFileWriter::new(target, Arc::new(schema), Arc::new(properties));
    let writer = writer.map_err(io::Error::other)?;
    Ok(Box::new(Writing { writer, run, columns, devices: 0, pieces: 0, places: Sites::default() }))
}

struct Writing<'r> {
    writer: SerializedFileWriter<Target>,
    run: &'r Run<'r>,
    columns: Vec<Column>,
    devices: usize,
    pieces: usize,
    places: Sites,
}

/// A day as the number of days since the beginning of 1970.
fn day(day: Date) -> Value<'static> {
    let days = day.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
    i32::try_from(days).map_or(Value::None, Value::Int)
}

fn text(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::None, Value::Text)
}

fn count(count: usize) -> Value<'static> {
    Value::Int(i32::try_from(count).unwrap_or(i32::MAX))
}

impl Writing<'_> {
    fn row(&mut self, finding: &Finding<'_>) {
        let report = finding.report;
        let design = &report.design;
        let site = self.places.of(finding.device).map(str::to_owned);
        let (makers, sources) = (told::makers(report), &report.source);
        let exempted = told::exempted(report);
        let best = design.maker.as_ref();
        let p = best.and_then(|maker| design.candidates.iter().find(|one| one.maker == maker.id));
        let record = design.record.as_ref();
        let number = |of: Option<u32>| of.map_or(Value::None, |of| count(of as usize));
        let mut values = vec![
            Value::Text(&report.device),
            Value::Text(&sources.file),
            text(sources.sheet.as_deref()),
            i64::try_from(sources.line).ok().filter(|at| *at > 0).map_or(Value::None, Value::Long),
            count(1 + report.others.len()),
            text(site.as_deref()),
            text(report.label.as_ref().map(|label| label.id.as_str())),
            text(Some(told::label(report)).filter(|label| !label.is_empty())),
            text(report.written.model.as_deref()),
            text(best.map(|maker| maker.id.as_str())),
            Value::Text(&makers),
            Value::Text(design.certainty),
            p.map_or(Value::None, |one| Value::Double(one.p)),
            Value::Double(design.unknown),
            number(record.map(|record| record.right)),
            number(record.map(|record| record.of)),
            number(record.map(|record| record.clusters)),
            record.map_or(Value::None, |record| Value::Double(record.lower_bound)),
            Value::Text(report.standing.word()),
            Value::Text(&report.headline),
            count(report.contradictions.len()),
            text(report.would_settle.first().map(|one| one.what)),
            report.installed.map_or(Value::None, day),
            day(self.run.on),
            text(Some(exempted.as_str()).filter(|words| !words.is_empty())),
        ];
        let unasked = finding.unasked.iter().map(Option::as_deref);
        let rulings = report.rulings.iter().zip(unasked);
        values.extend(rulings.map(|(ruling, unasked)| Value::Text(told::word(ruling, unasked))));
        let of_device = self.columns.iter().filter(|one| !one.listed).count();
        values.resize_with(of_device, || Value::Text(told::NOT_ASKED));
        for (column, value) in self.columns.iter_mut().zip(&values) {
            column.push(value, false);
        }
        let listed = &mut self.columns[of_device..];
        if report.evidence.is_empty() {
            listed.iter_mut().for_each(Column::push_empty);
        }
        for (at, one) in report.evidence.iter().enumerate() {
            piece(listed, one, at > 0);
        }
        self.devices += 1;
        self.pieces += report.evidence.len();
    }

    /// Writes the columns of what is held.
    fn flush(&mut self) -> Result<(), ParquetError> {
        if self.devices == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column()? else { break };
            column.write(&mut writer)?;
            writer.close()?;
        }
        group.close()?;
        (self.devices, self.pieces) = (0, 0);
        Ok(())
    }
}

fn piece(columns: &mut [Column], one: &EvidenceReport, again: bool) {
    let sources = one.sources.join(" ");
    let values = [
        Value::Text(one.field),
        Value::Text(&one.value),
        Value::Text(one.polarity),
        Value::Text(&one.of.id),
        Value::Text(one.role.word()),
        one.decibans.map_or(Value::None, Value::Double),
        Value::Flag(one.fitted),
        Value::Flag(one.structural),
        Value::Text(&one.fact),
        Value::Text(&sources),
    ];
    for (column, value) in columns.iter_mut().zip(&values) {
        column.push(value, again);
    }
}

impl Sink for Writing<'_> {
    fn device(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.row(finding);
        if self.devices >= GROUP_DEVICES || self.pieces >= GROUP_EVIDENCE {
            self.flush().map_err(io::Error::other)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _ending: &Ending<'_>) -> io::Result<Vec<Diagnostic>> {
        self.flush().map_err(io::Error::other)?;
        let mut target = self.writer.into_inner().map_err(io::Error::other)?;
        target.flush()?;
        Ok(Vec::new())
    }
}
