//! What Django does after every `migrate`: content types, permissions, and the
//! default site.
//!
//! Mirrors the receivers of the signal `post_migrate`.

use crate::admin::migrate::apply::Applying;
use crate::django::permissions::{self, Model};
use crate::engine::Value;
use crate::error::{Error, Result};
use crate::migrations::Migration;
use crate::query;
use crate::query::permissions::{ContentTypeRow, PermissionRow};

/// The default of `SITE_ID`.
///
/// Mirrors the default in `create_default_site`.
const SITE_ID: i64 = 1;

const CONTENT_TYPES: Migration = Migration { app: "contenttypes", name: "0001_initial" };
const NAMELESS_CONTENT_TYPES: Migration = Migration { app: "contenttypes", name: "0002_remove_content_type_name" };
const PERMISSIONS: Migration = Migration { app: "auth", name: "0001_initial" };
const SITES: Migration = Migration { app: "sites", name: "0001_initial" };

impl Applying<'_, '_> {
    /// Creates the content types, the permissions and the default site that are
    /// missing.
    pub(super) fn fill_in(&mut self) -> Result<()> {
        let survey = self.survey;
        let mut applied = survey.applied.clone();
        applied.extend(self.migrated.steps.iter().map(|step| step.migration));
        for app in &survey.scope.apps {
            let models = permissions::models(app, &applied, &survey.users);
            if applied.contains(&CONTENT_TYPES) {
                let content_types = self.content_types(&models, &applied)?;
                if applied.contains(&PERMISSIONS) {
                    self.permissions(&models, content_types)?;
                }
            }
            if *app == SITES.app && applied.contains(&SITES) {
                self.default_site()?;
            }
        }
        Ok(())
    }

    /// Creates the missing content types of models. Returns the primary keys of
    /// all.
    ///
    /// Mirrors `create_contenttypes`.
    fn content_types(&mut self, models: &[Model], applied: &[Migration]) -> Result<Vec<Value>> {
        let dialect = self.open.session.reads()?.dialect();
        let mut content_types = Vec::new();
        for model in models {
            if self.content_type(*model)?.is_none() {
                let insert = if applied.contains(&NAMELESS_CONTENT_TYPES) {
                    query::permissions::insert_content_type(dialect, model.app, model.name)
                } else {
                    query::permissions::insert_named_content_type(dialect, model.app, model.name)
                };
                self.write(&insert, "the content types")?;
                self.migrated.content_types.push(format!("{} | {}", model.app, model.name));
            }
            content_types.push(self.content_type(*model)?.ok_or_else(|| {
                Error::rejected(format!("a database trigger removed the content type {}", model.name))
            })?);
        }
        Ok(content_types)
    }

    /// Creates the missing permissions of models with these content types.
    ///
    /// Mirrors `create_permissions`.
    fn permissions(&mut self, models: &[Model], content_types: Vec<Value>) -> Result<()> {
        let dialect = self.open.session.reads()?.dialect();
        for (model, content_type) in models.iter().zip(content_types) {
            let existing = self.codenames(content_type.clone())?;
            for (codename, name) in model.permissions().filter(|(codename, _)| !existing.contains(codename)) {
                let insert = query::permissions::insert_permission(dialect, content_type.clone(), &codename, &name);
                self.write(&insert, "the permissions")?;
                self.migrated.permissions.push(format!("{} | {codename}", model.app));
            }
        }
        Ok(())
    }

    /// Creates the default site if there is no site. Without settings nothing
    /// says which primary key the application looks for: drfctl does not restore a
    /// site that was deleted.
    ///
    /// Mirrors `create_default_site`.
    fn default_site(&mut self) -> Result<()> {
        let is_new = self.migrated.steps.iter().any(|step| step.migration == SITES);
        let by_settings = self.open.session.config.installed.as_ref().map(|installed| installed.site_id);
        let Some(id) = by_settings.or(is_new.then_some(SITE_ID)) else { return Ok(()) };
        let connection = self.open.session.reads()?;
        let any = query::sites::any(connection.dialect());
        if !connection.has_row(&any)? {
            self.open.writer()?.run(&self.scripts.default_site(id))?;
            self.migrated.default_site = Some(id);
        }
        Ok(())
    }

    /// Returns the primary key of a model's content type.
    fn content_type(&mut self, model: Model) -> Result<Option<Value>> {
        let connection = self.open.session.reads()?;
        let statement = query::permissions::content_type(connection.dialect(), model.app, model.name);
        let mut id = None;
        connection.query(&statement, &mut |row| {
            id = Some(ContentTypeRow(row).id()?.to_value());
            Ok(())
        })?;
        Ok(id)
    }

    /// Returns the codenames of the permissions of a content type.
    fn codenames(&mut self, content_type: Value) -> Result<Vec<String>> {
        let connection = self.open.session.reads()?;
        let statement = query::permissions::codenames(connection.dialect(), content_type);
        let mut codenames = Vec::new();
        connection.query(&statement, &mut |row| {
            codenames.push(PermissionRow(row).codename()?);
            Ok(())
        })?;
        Ok(codenames)
    }
}
