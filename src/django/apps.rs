//! What the settings say about the application: the apps that cache reads, and
//! how its API authenticates.

/// A package that caches what the ORM reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrmCache {
    /// The first part of its entry in `INSTALLED_APPS`.
    app: &'static str,
    /// Its name.
    pub package: &'static str,
    /// Its `manage.py` command that clears the cache, with the argument.
    pub clear: Option<&'static str>,
}

/// The packages that cache what the ORM reads. They invalidate cached reads
/// when the application writes, but do not notice changes by other programs.
const ORM_CACHES: [OrmCache; 5] = [
    OrmCache { app: "cachalot", package: "django-cachalot", clear: Some("invalidate_cachalot") },
    OrmCache { app: "cacheops", package: "django-cacheops", clear: Some("invalidate all") },
    OrmCache { app: "johnny", package: "johnny-cache", clear: None },
    OrmCache { app: "caching", package: "django-cache-machine", clear: None },
    OrmCache { app: "cache_machine", package: "django-cache-machine", clear: None },
];

/// The app of DRF's token model.
const TOKEN_APP: &str = "rest_framework.authtoken";

/// Packages with a `TokenAuthentication` for their own tokens, by the first
/// part of a class's path.
const OTHER_TOKENS: [&str; 4] = ["knox", "oauth2_provider", "rest_framework_jwt", "rest_framework_simplejwt"];

/// DRF's default.
///
/// Mirrors `DEFAULTS["DEFAULT_AUTHENTICATION_CLASSES"]` of
/// `rest_framework.settings`.
const DEFAULT_CLASSES: [&str; 2] =
    ["rest_framework.authentication.SessionAuthentication", "rest_framework.authentication.BasicAuthentication"];

/// `INSTALLED_APPS` and `DEFAULT_AUTHENTICATION_CLASSES` of the settings.
#[derive(Clone, Debug)]
pub struct Apps {
    installed: Vec<String>,
    authentication_classes: Vec<String>,
}

/// Why the API may not accept DRF's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenDoubt<'a> {
    /// `rest_framework.authtoken` is not installed.
    NotInstalled,
    /// None of the default classes is a `TokenAuthentication`. A view may set
    /// its own.
    NotByDefault(&'a [String]),
}

impl Apps {
    /// Returns what settings say; without `authentication_classes`, DRF's
    /// default applies.
    #[must_use]
    pub fn new(installed: Vec<String>, authentication_classes: Option<Vec<String>>) -> Self {
        let default = || DEFAULT_CLASSES.map(str::to_owned).to_vec();
        Self { installed, authentication_classes: authentication_classes.unwrap_or_else(default) }
    }

    /// Returns the installed package that caches what the ORM reads.
    #[must_use]
    pub fn orm_cache(&self) -> Option<OrmCache> {
        let is_installed = |app: &str| self.installed.iter().any(|entry| first_part(entry) == app);
        ORM_CACHES.into_iter().find(|cache| is_installed(cache.app))
    }

    /// Returns why the API may not accept DRF's tokens. Settings without any
    /// app are not those of an application, so they do not count.
    #[must_use]
    pub fn token_doubt(&self) -> Option<TokenDoubt<'_>> {
        let is_token_app = |entry: &String| entry.strip_prefix(TOKEN_APP).is_some_and(is_end_of_part);
        if self.installed.is_empty() {
            None
        } else if !self.installed.iter().any(is_token_app) {
            Some(TokenDoubt::NotInstalled)
        } else if !self.authentication_classes.iter().any(|class| may_take_tokens(class)) {
            Some(TokenDoubt::NotByDefault(&self.authentication_classes))
        } else {
            None
        }
    }
}

fn first_part(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

fn is_end_of_part(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('.')
}

/// Returns whether a class is `TokenAuthentication`, or may inherit from it by
/// its name.
fn may_take_tokens(class: &str) -> bool {
    let name = class.rsplit('.').next().unwrap_or_default();
    name.contains("Token") && !OTHER_TOKENS.contains(&first_part(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apps(installed: &[&str], classes: Option<&[&str]>) -> Apps {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Apps::new(owned(installed), classes.map(owned))
    }

    /// N27
    #[test]
    fn an_app_that_caches_reads_is_known_by_its_first_part() {
        for (installed, package) in [
            (&["cachalot"][..], Some("django-cachalot")),
            (&["django.contrib.auth", "cacheops"], Some("django-cacheops")),
            (&["cachalot.apps.CachalotConfig"], Some("django-cachalot")),
            (&["cachalot_tools", "shop.cacheops", "django_cache"], None),
            (&[], None),
        ] {
            let found = apps(installed, None).orm_cache().map(|cache| cache.package);
            assert_eq!(found, package, "{installed:?}");
        }
    }

    /// N28
    #[test]
    fn an_api_without_token_authentication_may_reject_tokens() {
        const TOKENS: &str = "rest_framework.authtoken";
        const DRF: &str = "rest_framework.authentication.TokenAuthentication";
        for (installed, classes, is_doubted) in [
            (&[TOKENS][..], Some(&[DRF][..]), false),
            (&["rest_framework.authtoken.apps.AuthTokenConfig"], Some(&[DRF]), false),
            (&[TOKENS], Some(&["shop.auth.ExpiringTokenAuthentication"]), false),
            (&[TOKENS], Some(&["knox.auth.TokenAuthentication"]), true),
            (&[TOKENS], Some(&["rest_framework.authentication.SessionAuthentication"]), true),
            (&[TOKENS], Some(&[]), true),
            (&[TOKENS], None, true),
            (&["rest_framework", "rest_framework.authtokens"], Some(&[DRF]), true),
            (&[], None, false),
        ] {
            assert_eq!(apps(installed, classes).token_doubt().is_some(), is_doubted, "{installed:?} {classes:?}");
        }
    }
}
