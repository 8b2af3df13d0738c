//! Reading the file that a program is in.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::limits;

/// A program's text and names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// What messages call it: the path as given.
    pub name: String,
    /// What the JSON report calls it: the path's last component.
    pub program: String,
    /// The text.
    pub text: String,
}

/// Why there is no text, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unreadable {
    /// What is wrong.
    pub message: String,
    /// Advice, a sentence each.
    pub help: Vec<String>,
}

/// Reads a file; `-` is standard input.
///
/// # Errors
/// See [`Unreadable`].
pub fn read(path: &Path) -> Result<SourceFile, Unreadable> {
    let standard_input = path == "-";
    let name = if standard_input { "<standard input>".to_owned() } else { path.display().to_string() };
    let bytes = read_bytes(path, standard_input)
        .map_err(|error| Unreadable { message: reason(&name, path, &error), help: similar_file(path, &error) })?;
    let program = match path.file_name() {
        Some(last) if !standard_input => last.to_string_lossy().into_owned(),
        _ => name.clone(),
    };
    match text(bytes) {
        Ok(text) => Ok(SourceFile { name, program, text }),
        Err(problem) => Err(Unreadable {
            message: format!("{name} {problem}"),
            help: vec!["a program is plain text in UTF-8".to_owned()],
        }),
    }
}

/// At most one byte more than can be compiled: enough to say that it is too much.
fn read_bytes(path: &Path, standard_input: bool) -> io::Result<Vec<u8>> {
    let most = limits::SOURCE_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    if standard_input {
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() > limits::SOURCE_BYTES {
        return Err(format!("is too large: a program has at most {}MiB", limits::SOURCE_BYTES >> 20));
    }
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        return Err(format!("is not a text file: there is a zero byte at offset {at}"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        format!("is not UTF-8 text: the byte at offset {at}, in line {line}, is invalid")
    })
}

fn reason(name: &str, path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no file {name}"),
        io::ErrorKind::PermissionDenied => format!("{name} cannot be read: permission denied"),
        _ if path.is_dir() => format!("{name} is a folder, not a file"),
        _ => format!("{name} cannot be read: {error}"),
    }
}

/// The file in the same folder whose name is most like the one that is missing.
fn similar_file(path: &Path, error: &io::Error) -> Vec<String> {
    let wanted = path.file_name().and_then(|name| name.to_str());
    let (io::ErrorKind::NotFound, Some(wanted)) = (error.kind(), wanted) else { return Vec::new() };
    let folder = path.parent().unwrap_or(Path::new(""));
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(listed) else { return Vec::new() };
    let names = entries.flatten().take(10_000).filter_map(|entry| entry.file_name().into_string().ok());
    let nearest = names
        .map(|name| (strsim::damerau_levenshtein(&name, wanted), name))
        .min()
        .filter(|(distance, _)| *distance <= 1 + wanted.chars().count() / 4);
    nearest.map(|(_, name)| format!("did you mean {}?", folder.join(name).display())).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_named_with_its_offset() {
        assert_eq!(text(b"x = 1".to_vec()), Ok("x = 1".to_owned()));
        assert!(text(b"ab\0".to_vec()).unwrap_err().ends_with("a zero byte at offset 2"));
        assert!(text(b"a\nb\xff".to_vec()).unwrap_err().contains("offset 3, in line 2"));
    }
}
