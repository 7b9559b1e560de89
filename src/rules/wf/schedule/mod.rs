//! Whether a `cron` of a workflow is a schedule that GitHub takes.

/// What is wrong with a POSIX cron expression.
pub(super) fn cron_fault(cron: &str) -> Option<&'static str> {
    if cron.contains("${{") {
        return None;
    }
    let fields: Vec<&str> = cron.split_whitespace().collect();
    if fields.len() != 5 {
        return Some("it must have five fields");
    }
    let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    let limits: [(u32, u32, &[&str]); 5] = [(0, 59, &[]), (0, 23, &[]), (1, 31, &[]), (1, 12, &months), (0, 7, &days)];
    let in_range = |text: &str, (low, high, names): (u32, u32, &[&str])| {
        text.parse::<u32>().is_ok_and(|number| (low..=high).contains(&number))
            || names.iter().any(|name| name.eq_ignore_ascii_case(text))
    };
    let right = |field: &str, limit: (u32, u32, &[&str])| {
        field.split(',').all(|part| {
            let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
            let step_is_right = step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0));
            let range_is_right = range == "*"
                || match range.split_once('-') {
                    Some((from, to)) => in_range(from, limit) && in_range(to, limit),
                    None => in_range(range, limit),
                };
            step_is_right && range_is_right
        })
    };
    let all = fields.iter().zip(limits).all(|(field, limit)| right(field, limit));
    (!all).then_some("a field is out of its range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules() {
        for cron in ["0 0 * * *", "*/15 4-6 1,15 JAN-mar MON", "5 4 * * 7", "${{ x }}"] {
            assert_eq!(cron_fault(cron), None, "{cron}");
        }
        for cron in ["@daily", "0 0 * *", "60 0 * * *", "0 0 0 * *", "*/0 * * * *", "0 0 * * MOON"] {
            assert!(cron_fault(cron).is_some(), "{cron}");
        }
    }
}
