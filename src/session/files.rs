//! Which files a program may read: those in its own folder and below it, and below the folders
//! that `--allow-read` names. Pasted pseudocode must not be able to look at the rest of the disk.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::limits;
use crate::machine::FileProblem;

/// Opens files by the names that a program uses.
#[derive(Clone, Debug)]
pub struct Files {
    /// Names are relative to it.
    folder: Option<PathBuf>,
    /// What may be read, symbolic links resolved.
    roots: Vec<PathBuf>,
}

impl Files {
    /// Files of a program in `folder`, which may also read below the folders of `allowed`.
    pub fn new(folder: Option<&Path>, allowed: &[PathBuf]) -> Files {
        let folder = folder.and_then(|folder| fs::canonicalize(folder).ok());
        let allowed = allowed.iter().filter_map(|root| fs::canonicalize(root).ok());
        Files { roots: folder.iter().cloned().chain(allowed).collect(), folder }
    }

    /// Size of a file in bytes.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub fn size(&self, name: &str) -> Result<u64, FileProblem> {
        let path = self.resolve(name)?;
        let metadata = fs::metadata(path).map_err(|error| system(&error))?;
        if metadata.is_dir() {
            return Err(FileProblem::System("it is a folder".to_owned()));
        }
        // A pipe or a device has no size, and reading it might never end.
        if !metadata.is_file() {
            return Err(FileProblem::System("it is not an ordinary file".to_owned()));
        }
        Ok(metadata.len())
    }

    /// Contents of a file.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, FileProblem> {
        let size = self.size(name)?;
        if size > limits::HEAP_BYTES {
            return Err(FileProblem::System("it is larger than the largest heap".to_owned()));
        }
        let mut contents = Vec::new();
        let failed = |error: std::io::Error| system(&error);
        File::open(self.resolve(name)?)
            .and_then(|file| file.take(limits::HEAP_BYTES).read_to_end(&mut contents))
            .map_err(failed)?;
        Ok(contents)
    }

    /// The real path of a file that may be read.
    fn resolve(&self, name: &str) -> Result<PathBuf, FileProblem> {
        let path = match &self.folder {
            Some(folder) => folder.join(name),
            None if Path::new(name).is_absolute() => PathBuf::from(name),
            None => return Err(FileProblem::Outside),
        };
        let permitted = |real: &Path| self.roots.iter().any(|root| real.starts_with(root));
        match fs::canonicalize(&path) {
            Ok(real) if permitted(&real) => Ok(real),
            Ok(_) => Err(FileProblem::Outside),
            Err(error) => {
                // What lies outside must not even be told apart from what does not exist.
                let nearest = path.ancestors().skip(1).find_map(|folder| fs::canonicalize(folder).ok());
                match nearest {
                    Some(real) if permitted(&real) => Err(system(&error)),
                    _ => Err(FileProblem::Outside),
                }
            }
        }
    }
}

/// The operating system's reason in plain words.
fn system(error: &std::io::Error) -> FileProblem {
    FileProblem::System(match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "reading it is not permitted".to_owned(),
        _ => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(message: &str) -> FileProblem {
        FileProblem::System(message.to_owned())
    }

    #[test]
    fn only_what_lies_below_the_folder_is_read() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("program");
        fs::create_dir_all(folder.join("data")).unwrap();
        fs::write(folder.join("data/model"), "abc").unwrap();
        fs::write(outer.path().join("secret"), "s").unwrap();
        let files = Files::new(Some(&folder), &[]);

        assert_eq!(files.read("data/model"), Ok(b"abc".to_vec()));
        assert_eq!(files.size("data/../data/model"), Ok(3));
        assert_eq!(files.size(folder.join("data/model").to_str().unwrap()), Ok(3));
        assert_eq!(files.size("../secret"), Err(FileProblem::Outside));
        assert_eq!(files.size("../missing"), Err(FileProblem::Outside));
        assert_eq!(files.size("/etc/passwd"), Err(FileProblem::Outside));
        assert_eq!(files.size("missing"), Err(problem("there is no such file")));
        assert_eq!(files.size("nowhere/missing"), Err(problem("there is no such file")));
        assert_eq!(files.size("data"), Err(problem("it is a folder")));
        assert!(files.size("nul\0byte").is_err());
    }

    #[test]
    fn an_allowed_folder_widens_it() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("program");
        let shared = outer.path().join("shared");
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(&shared).unwrap();
        fs::write(shared.join("model"), "abc").unwrap();
        let files = Files::new(Some(&folder), &[shared]);
        assert_eq!(files.size("../shared/model"), Ok(3));
        assert_eq!(files.size("../other"), Err(FileProblem::Outside));
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_does_not_lead_out() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("program");
        fs::create_dir_all(&folder).unwrap();
        fs::write(outer.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(outer.path().join("secret"), folder.join("link")).unwrap();
        std::os::unix::fs::symlink(outer.path(), folder.join("up")).unwrap();
        let files = Files::new(Some(&folder), &[]);
        assert_eq!(files.size("link"), Err(FileProblem::Outside));
        assert_eq!(files.size("up/secret"), Err(FileProblem::Outside));
        assert_eq!(files.size("up/missing"), Err(FileProblem::Outside));
    }
}
