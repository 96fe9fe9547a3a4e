//! `string` with a dictionary: the distinct texts of the stripe, and for each value the number of its
//! text. A dictionary that saves too little is replaced by the texts themselves.

use super::distinct::DistinctStrings;
use super::text::{Texts, each_string};
use super::{
    ColumnWriter, Direct, EncodedValues, EncodingKind, Settings, StreamKind, Summary, Values,
    write_integers,
};
use crate::error::OrcError;
use crate::write::stream::{Encoding, Stream};
use arrow::array::Array;

/// A dictionary of more bytes than this is replaced by its texts.
const MAX_DICTIONARY_BYTES: usize = 16 << 20;

struct DictionaryTexts {
    block: usize,
    threshold: f64,
    form: Form,
}

enum Form {
    /// There are no streams before the stripe ends.
    Dictionary(DistinctStrings),
    Plain(Direct<Texts>),
}

pub(super) fn open(settings: &Settings) -> Box<dyn Values> {
    Box::new(DictionaryTexts {
        block: settings.block,
        threshold: settings.dictionary_threshold,
        form: Form::Dictionary(DistinctStrings::new()),
    })
}

impl Values for DictionaryTexts {
    fn write(
        &mut self,
        array: &dyn Array,
        rows: &[u32],
        summary: &mut Summary,
        children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        let dictionary = match &mut self.form {
            Form::Dictionary(dictionary) => dictionary,
            Form::Plain(texts) => return texts.write(array, rows, summary, children),
        };
        let mut bytes = 0;
        each_string(array, rows, |value| {
            bytes += value.len() as i64;
            if dictionary.add(value) {
                summary.add_string(value);
            }
        });
        summary.statistics.add_bytes(&[bytes]);
        Ok(())
    }

    fn end_group(&mut self, summary: &mut Summary) -> Result<(), OrcError> {
        let dictionary = match &mut self.form {
            Form::Dictionary(dictionary) => dictionary,
            Form::Plain(texts) => return texts.end_group(summary),
        };
        dictionary.end_group();
        // The first row group tells enough about the others.
        let saves_space = dictionary.saves_space(self.threshold) || dictionary.groups.len() > 1;
        if !saves_space || dictionary.bytes().len() > MAX_DICTIONARY_BYTES {
            self.form = Form::Plain(plain_texts(dictionary, self.block));
        }
        Ok(())
    }

    fn streams(&mut self) -> &mut [Stream] {
        match &mut self.form {
            Form::Dictionary(_) => &mut [],
            Form::Plain(texts) => texts.streams(),
        }
    }

    fn len(&self) -> usize {
        match &self.form {
            Form::Dictionary(dictionary) => dictionary.bytes().len() + dictionary.numbers.len(),
            Form::Plain(texts) => texts.len(),
        }
    }

    fn end_stripe(self: Box<Self>) -> EncodedValues {
        let texts = match self.form {
            Form::Dictionary(dictionary) if dictionary.saves_space(self.threshold) => {
                return encoded(&dictionary, self.block);
            }
            Form::Dictionary(dictionary) => plain_texts(&dictionary, self.block),
            Form::Plain(texts) => texts,
        };
        Box::new(texts).end_stripe()
    }
}

/// Returns the texts of a dictionary one by one, in the row groups that they came in.
fn plain_texts(dictionary: &DistinctStrings, block: usize) -> Direct<Texts> {
    let data = Stream::new(StreamKind::Data, Encoding::Plain, block);
    let length = Stream::new(StreamKind::Length, Encoding::Runs, block);
    let mut texts = Direct::new(Texts::default(), [data, length]);
    texts.mark_group();
    for numbers in dictionary.numbers_by_group() {
        let Direct { values, streams } = &mut texts;
        numbers.iter().for_each(|number| values.push(streams, dictionary.get(*number)));
        values.encode_lengths(streams);
        texts.mark_group();
    }
    texts
}

/// Returns the streams of a dictionary.
fn encoded(dictionary: &DistinctStrings, block: usize) -> EncodedValues {
    let mut data = Stream::new(StreamKind::Data, Encoding::Runs, block);
    for numbers in dictionary.numbers_by_group() {
        data.mark(0);
        let numbers: Vec<i64> = numbers.iter().map(|&number| number.into()).collect();
        write_integers(&mut data, &numbers, false);
    }
    let mut length = Stream::new(StreamKind::Length, Encoding::Runs, block);
    write_integers(&mut length, &dictionary.lengths(), false);
    let mut strings = Stream::new(StreamKind::DictionaryData, Encoding::Plain, block);
    strings.write(dictionary.bytes());
    EncodedValues {
        kind: EncodingKind::DictionaryV2,
        dictionary_size: Some(dictionary.len() as u32),
        streams: vec![data, length, strings],
    }
}
