//! "Did you mean …": the nearest of some known names.

/// The candidate that a misspelt `word` was most likely meant to be.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .filter_map(|candidate| {
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            let allowed = (word.chars().count().max(candidate.chars().count()) / 3).max(1);
            (distance <= allowed && distance < word.chars().count()).then_some((distance, candidate))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// A help line that offers the nearest candidate, and says so where only the case differs.
pub fn help<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let found = nearest(word, candidates)?;
    Some(if found.to_lowercase() == word.to_lowercase() {
        format!("names are case-sensitive: did you mean `{found}`?")
    } else {
        format!("did you mean `{found}`?")
    })
}
