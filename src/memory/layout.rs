//! How the fields of a block are laid out: declared and inferred records, and plain blocks whose
//! fields appear one by one (each first assignment leads from one layout to the next, as in the
//! hidden classes of Self, Chambers 1989).

use std::collections::HashMap;

/// A field's name: an opaque number to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldName(pub u32);

/// Index of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayoutId(pub u32);

/// A field of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayoutField {
    /// Its name.
    pub name: FieldName,
    /// Words from the start of the data.
    pub offset: u32,
    /// Slots of an embedded array, 0 for an ordinary field.
    pub embedded: u32,
}

/// A layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The record it belongs to (an opaque number), or none for a plain block used as fields.
    pub record: Option<u32>,
    /// Fields by offset.
    pub fields: Vec<LayoutField>,
    /// Size of the block's data in bytes, as asked for.
    pub bytes: u32,
}

impl Layout {
    /// The field of that name.
    pub fn field(&self, name: FieldName) -> Option<&LayoutField> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// All layouts of a run.
#[derive(Clone, Debug, Default)]
pub struct Layouts {
    layouts: Vec<Layout>,
    transitions: HashMap<(LayoutId, FieldName), LayoutId>,
    plain: HashMap<u32, LayoutId>,
    resized: HashMap<(LayoutId, u32), LayoutId>,
}

impl Layouts {
    /// Adds a record's layout: fields in order, each with its number of embedded slots (0: none).
    pub fn add_record(&mut self, record: u32, fields: &[(FieldName, u32)]) -> LayoutId {
        let mut offset = 0;
        let fields = fields
            .iter()
            .map(|&(name, embedded)| {
                let field = LayoutField { name, offset, embedded };
                offset = offset.saturating_add(embedded.max(1));
                field
            })
            .collect();
        self.push(Layout { record: Some(record), fields, bytes: offset.saturating_mul(8) })
    }

    /// The layout of a plain block of `bytes` bytes that has no fields yet.
    pub fn plain(&mut self, bytes: u32) -> LayoutId {
        if let Some(&id) = self.plain.get(&bytes) {
            return id;
        }
        let id = self.push(Layout { record: None, fields: Vec::new(), bytes });
        self.plain.insert(bytes, id);
        id
    }

    /// The layout that `from` becomes when `name` is assigned for the first time. The caller has
    /// checked that the new field fits.
    pub fn extend(&mut self, from: LayoutId, name: FieldName) -> LayoutId {
        if let Some(&id) = self.transitions.get(&(from, name)) {
            return id;
        }
        let mut layout = self.get(from).clone();
        layout.fields.push(LayoutField { name, offset: layout.fields.len() as u32, embedded: 0 });
        let id = self.push(layout);
        self.transitions.insert((from, name), id);
        id
    }

    /// The layout that `from` becomes when its block is reallocated to `bytes` bytes: the fields that
    /// still fit.
    pub fn resize(&mut self, from: LayoutId, bytes: u32) -> LayoutId {
        if self.get(from).bytes == bytes {
            return from;
        }
        if let Some(&id) = self.resized.get(&(from, bytes)) {
            return id;
        }
        let mut layout = self.get(from).clone();
        layout.bytes = bytes;
        layout
            .fields
            .retain(|field| u64::from(field.offset) + u64::from(field.embedded.max(1)) <= u64::from(bytes / 8));
        let id = self.push(layout);
        self.resized.insert((from, bytes), id);
        id
    }

    /// The field of that name in the latest layout that has one.
    pub fn latest_field(&self, name: FieldName) -> Option<LayoutField> {
        self.layouts.iter().rev().find_map(|layout| layout.field(name)).copied()
    }

    /// The layout of that id. One that only an overwritten header can name has no fields.
    pub fn get(&self, id: LayoutId) -> &Layout {
        static NONE: Layout = Layout { record: None, fields: Vec::new(), bytes: 0 };
        self.layouts.get(id.0 as usize).unwrap_or(&NONE)
    }

    fn push(&mut self, layout: Layout) -> LayoutId {
        self.layouts.push(layout);
        LayoutId(self.layouts.len() as u32 - 1)
    }
}
