//! Where the history of inputs is kept: below `XDG_STATE_HOME`, as things are that outlive a session
//! and that nobody would back up.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The history's file; none where there is no home either.
pub(super) fn file() -> Option<PathBuf> {
    folder(|name| env::var_os(name), env::home_dir()).map(|folder| folder.join("cairn").join("history"))
}

/// Relative paths in these variables are to be ignored, says the XDG base directory specification.
fn folder(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("XDG_DATA_HOME"))
        .or_else(|| home.filter(|home| home.is_absolute()).map(|home| home.join(".local").join("state")))
}

/// Makes the folder that a file is to be in.
pub(super) fn make_folder(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), fs::create_dir_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_where_the_user_wants_it() {
        let home = || Some(PathBuf::from("/home/ada"));
        let with = |variables: &'static [(&str, &str)]| {
            let find = |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, path)| path.into());
            folder(find, home()).unwrap()
        };
        assert_eq!(with(&[("XDG_STATE_HOME", "/s"), ("XDG_DATA_HOME", "/d")]), Path::new("/s"));
        assert_eq!(with(&[("XDG_DATA_HOME", "/d")]), Path::new("/d"));
        assert_eq!(with(&[("XDG_STATE_HOME", "here")]), Path::new("/home/ada/.local/state"));
        assert_eq!(folder(|_| None, None), None);
    }
}
