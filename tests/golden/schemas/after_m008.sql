BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'sotabox','m001_the_first_schema','2026-01-01 00:00:00+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'sotabox','m002_logins','2026-01-01 00:00:00+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'sotabox','m003_people','2026-01-01 00:00:00+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'sotabox','m004_webhooks','2026-01-01 00:00:00+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'sotabox','m005_variable_targets','2026-01-01 00:00:00+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'sotabox','m006_domains','2026-01-01 00:00:00+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'sotabox','m007_project_settings','2026-01-01 00:00:00+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'sotabox','m008_variables_of_deployments','2026-01-01 00:00:00+00:00');
CREATE TABLE api_keys (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            name TEXT NOT NULL,
            key_hash TEXT NOT NULL UNIQUE,
            key_prefix TEXT NOT NULL,
            created_at TEXT NOT NULL,
            last_used_at TEXT
        , expires_at TEXT) STRICT;
INSERT INTO "api_keys" VALUES('key-ada','usr-ada','laptop','hash-usr-ada','sota_0a1b2','2026-01-01T10:00:00.000Z',NULL,NULL);
INSERT INTO "api_keys" VALUES('key-bob','usr-bob','laptop','hash-usr-bob','sota_0a1b2','2026-01-01T10:00:00.000Z','2026-01-02T10:00:00.000Z','2026-01-09T10:00:00.000Z');
INSERT INTO "api_keys" VALUES('key-eve','usr-eve','laptop','hash-usr-eve','sota_0a1b2','2026-01-01T10:00:00.000Z','2026-01-02T10:00:00.000Z',NULL);
CREATE TABLE deliveries (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            webhook_id TEXT NOT NULL REFERENCES webhooks ON DELETE CASCADE,
            project_id TEXT NOT NULL,
            event TEXT NOT NULL,
            deployment_id TEXT,
            deployment_status TEXT,
            event_at TEXT NOT NULL,
            resent_from TEXT,
            status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
            attempts INTEGER NOT NULL DEFAULT 0,
            next_attempt_at TEXT NOT NULL,
            response_status INTEGER,
            response_body TEXT,
            error TEXT,
            duration_ms INTEGER,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
INSERT INTO "deliveries" VALUES(1,'del-1','hook-1','prj-shop','deploy.succeeded','dep-shop-1','running','2026-01-02T10:00:00.000Z',NULL,'delivered',1,'2026-01-03T10:00:00.000Z',200,'ok',NULL,12,'2026-01-02T10:00:00.000Z','2026-01-02T10:00:00.000Z');
INSERT INTO "deliveries" VALUES(2,'del-2','hook-1','prj-shop','deploy.failed','dep-shop-2','running','2026-01-02T10:00:00.000Z',NULL,'failed',2,'2026-01-03T10:00:00.000Z',NULL,'ok','no answer',12,'2026-01-02T10:00:00.000Z','2026-01-02T10:00:00.000Z');
INSERT INTO "deliveries" VALUES(3,'del-3','hook-1','prj-shop','ping',NULL,NULL,'2026-01-02T10:00:00.000Z',NULL,'delivered',3,'2026-01-03T10:00:00.000Z',200,'ok',NULL,12,'2026-01-02T10:00:00.000Z','2026-01-02T10:00:00.000Z');
INSERT INTO "deliveries" VALUES(4,'del-4','hook-1','prj-shop','deploy.succeeded','dep-shop-1','running','2026-01-02T10:00:00.000Z','del-1','waiting',0,'2026-01-03T10:00:00.000Z',NULL,NULL,NULL,NULL,'2026-01-02T10:00:00.000Z','2026-01-02T10:00:00.000Z');
CREATE TABLE deployments (
            id TEXT PRIMARY KEY,
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            number INTEGER NOT NULL,
            status TEXT NOT NULL,
            source TEXT NOT NULL,
            source_deployment_id TEXT,
            image_id TEXT,
            image_tag TEXT,
            build_method TEXT,
            framework TEXT,
            plan TEXT,
            port INTEGER,
            container_id TEXT,
            address TEXT,
            error TEXT,
            hint TEXT,
            url TEXT,
            phases TEXT NOT NULL DEFAULT '{}',
            created_by TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL, env_digest TEXT,
            UNIQUE (project_id, number)
        ) STRICT;
INSERT INTO "deployments" VALUES('dep-shop-1','prj-shop',1,'stopped','archive',NULL,'sha256:aa','sotabox/shop:1','dockerfile','Flask','{"port":8080}',8080,'c1','10.213.0.1:8080',NULL,NULL,'shop.box.test','{"build": 1200, "health": 300}','usr-ada','2026-01-01T10:00:00.000Z','2026-01-01T10:00:00.000Z','digest-1');
INSERT INTO "deployments" VALUES('dep-shop-2','prj-shop',2,'failed','archive',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'The build failed: no space','Free some.',NULL,'{"build": 1200, "health": 300}','usr-ada','2026-01-02T10:00:00.000Z','2026-01-02T10:00:00.000Z',NULL);
INSERT INTO "deployments" VALUES('dep-shop-3','prj-shop',3,'running','redeploy','dep-shop-1','sha256:aa','sotabox/shop:1','dockerfile','Flask','{"port":8080}',8080,'c3','10.213.0.3:8080',NULL,NULL,'shop.box.test','{"build": 1200, "health": 300}','usr-ada','2026-01-03T10:00:00.000Z','2026-01-03T10:00:00.000Z','digest-1');
INSERT INTO "deployments" VALUES('dep-shop-4','prj-shop',4,'pending','archive',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"build": 1200, "health": 300}','usr-ada','2026-01-04T10:00:00.000Z','2026-01-04T10:00:00.000Z',NULL);
INSERT INTO "deployments" VALUES('dep-blog-1','prj-blog',1,'stopped','archive',NULL,'sha256:bb',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'blog.box.test','{}',NULL,'2026-01-01T10:00:00.000Z','2026-01-02T10:00:00.000Z',NULL);
CREATE TABLE device_logins (
            device_hash TEXT PRIMARY KEY,
            user_code_hash TEXT NOT NULL UNIQUE,
            user_id TEXT REFERENCES users ON DELETE CASCADE,
            created_at TEXT NOT NULL,
            polled_at TEXT
        ) STRICT;
INSERT INTO "device_logins" VALUES('dev-1','code-1','usr-ada','2026-01-02T10:00:00.000Z','2026-01-02T10:00:00.000Z');
INSERT INTO "device_logins" VALUES('dev-2','code-2',NULL,'2026-01-02T10:00:00.000Z',NULL);
CREATE TABLE domains (
            id TEXT PRIMARY KEY,
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            domain TEXT NOT NULL UNIQUE,
            zone TEXT NOT NULL,
            status TEXT NOT NULL DEFAULT 'pending'
                CHECK (status IN ('pending', 'verified', 'active')),
            redirect_to TEXT,
            last_checked_at TEXT,
            next_check_at TEXT NOT NULL,
            verified_at TEXT,
            error_message TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
INSERT INTO "domains" VALUES('dom-active','prj-shop','shop.example.org','example.org','active',NULL,'2026-01-02T10:00:00.000Z','2026-01-05T10:00:00.000Z','2026-01-02T10:00:00.000Z',NULL,'2026-01-01T10:00:00.000Z','2026-01-02T10:00:00.000Z');
INSERT INTO "domains" VALUES('dom-pending','prj-shop','www.example.org','example.org','pending','shop.example.org','2026-01-02T10:00:00.000Z','2026-01-05T10:00:00.000Z',NULL,'leads nowhere','2026-01-01T10:00:00.000Z','2026-01-02T10:00:00.000Z');
CREATE TABLE env_snapshots (
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            digest TEXT NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (project_id, digest)
        ) STRICT, WITHOUT ROWID;
INSERT INTO "env_snapshots" VALUES('prj-shop','digest-1',X'00017365616C6564');
CREATE TABLE env_vars (
            id TEXT PRIMARY KEY,
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            key TEXT NOT NULL,
            sealed BLOB NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL, target TEXT NOT NULL DEFAULT 'both'
            CHECK (target IN ('both', 'build', 'run')),
            UNIQUE (project_id, key)
        ) STRICT;
INSERT INTO "env_vars" VALUES('env-0','prj-shop','A',X'0000FF0A','2026-01-01T10:00:00.000Z','2026-01-01T10:00:00.000Z','both');
INSERT INTO "env_vars" VALUES('env-1','prj-shop','B',X'0100FF0A','2026-01-01T10:00:00.000Z','2026-01-01T10:00:00.000Z','build');
INSERT INTO "env_vars" VALUES('env-2','prj-shop','C',X'0200FF0A','2026-01-01T10:00:00.000Z','2026-01-01T10:00:00.000Z','run');
CREATE TABLE members (
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN ('member', 'viewer')),
            created_at TEXT NOT NULL,
            PRIMARY KEY (project_id, user_id)
        ) STRICT, WITHOUT ROWID;
INSERT INTO "members" VALUES('prj-shop','usr-bob','member','2026-01-02T10:00:00.000Z');
INSERT INTO "members" VALUES('prj-shop','usr-eve','viewer','2026-01-02T10:00:00.000Z');
CREATE TABLE partner_users (
            id TEXT PRIMARY KEY,
            partner_id TEXT NOT NULL REFERENCES partners ON DELETE CASCADE,
            user_id TEXT NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
            provisioned_at TEXT NOT NULL
        ) STRICT;
INSERT INTO "partner_users" VALUES('pus-1','par-1','usr-bob','2026-01-01T10:00:00.000Z');
CREATE TABLE partners (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            key_hash TEXT NOT NULL UNIQUE,
            key_prefix TEXT NOT NULL,
            created_at TEXT NOT NULL,
            last_used_at TEXT
        ) STRICT;
INSERT INTO "partners" VALUES('par-1','Agency','partner-1','partner_0a','2026-01-01T10:00:00.000Z',NULL);
CREATE TABLE project_settings (
            project_id TEXT PRIMARY KEY REFERENCES projects ON DELETE CASCADE,
            memory_mb INTEGER,
            cpus REAL,
            pids INTEGER,
            health_path TEXT,
            health_timeout_s INTEGER,
            drain_timeout_s INTEGER,
            port INTEGER,
            builder TEXT,
            root_directory TEXT,
            build_command TEXT,
            start_command TEXT,
            updated_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
INSERT INTO "project_settings" VALUES('prj-shop',256,0.5,100,'/up',20,5,3000,'dockerfile','web','make','./run --port $PORT','2026-01-02T10:00:00.000Z');
CREATE TABLE projects (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users,
            name TEXT NOT NULL,
            slug TEXT NOT NULL UNIQUE,
            deleting INTEGER NOT NULL DEFAULT 0,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        , env_changed_at TEXT, paused INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "projects" VALUES('prj-shop','usr-ada','Shop ☕','shop',0,'2026-01-01T10:00:00.000Z','2026-01-02T10:00:00.000Z','2026-01-02T10:00:00.000Z',0);
INSERT INTO "projects" VALUES('prj-blog','usr-bob','Blog ☕','blog',0,'2026-01-01T10:00:00.000Z','2026-01-02T10:00:00.000Z',NULL,1);
INSERT INTO "projects" VALUES('prj-idle','usr-bob','Idle ☕','idle',0,'2026-01-01T10:00:00.000Z','2026-01-02T10:00:00.000Z',NULL,0);
CREATE TABLE sessions (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            token_hash TEXT NOT NULL UNIQUE,
            address TEXT NOT NULL,
            agent TEXT NOT NULL,
            created_at TEXT NOT NULL,
            seen_at TEXT NOT NULL
        ) STRICT;
INSERT INTO "sessions" VALUES('ses-1','usr-ada','token-1','192.0.2.1','Firefox é','2026-01-01T10:00:00.000Z','2026-01-02T10:00:00.000Z');
CREATE TABLE setup_links (
            token_hash TEXT PRIMARY KEY,
            user_id TEXT NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
            created_at TEXT NOT NULL
        ) STRICT;
INSERT INTO "setup_links" VALUES('link-1','usr-eve','2026-01-01T10:00:00.000Z');
CREATE TABLE users (
            id TEXT PRIMARY KEY,
            email TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL CHECK (role IN ('admin', 'member', 'viewer')),
            password_hash TEXT,
            created_at TEXT NOT NULL
        , plan TEXT NOT NULL DEFAULT 'box'
            CHECK (plan IN ('box', 'free'))) STRICT;
INSERT INTO "users" VALUES('usr-ada','ada@box.test','admin','$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA','2026-01-01T10:00:00.000Z','box');
INSERT INTO "users" VALUES('usr-bob','bob@box.test','member','$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA','2026-01-01T10:00:00.000Z','free');
INSERT INTO "users" VALUES('usr-eve','eve@box.test','viewer',NULL,'2026-01-01T10:00:00.000Z','box');
CREATE TABLE webhooks (
            id TEXT PRIMARY KEY,
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            url TEXT NOT NULL,
            events TEXT NOT NULL,
            active INTEGER NOT NULL DEFAULT 1,
            sealed_secret BLOB NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
INSERT INTO "webhooks" VALUES('hook-1','prj-shop','https://hooks.example.com/a?b=1','["deploy.succeeded","deploy.failed"]',1,X'01736563726574','2026-01-01T10:00:00.000Z','2026-01-01T10:00:00.000Z');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX api_keys_by_user ON api_keys (user_id, id);
CREATE INDEX projects_by_user ON projects (user_id, id);
CREATE INDEX deployments_unfinished ON deployments (project_id, created_at)
            WHERE status NOT IN ('stopped', 'failed');
CREATE INDEX deployments_pending ON deployments (project_id) WHERE status = 'pending';
CREATE INDEX deployments_with_image ON deployments (project_id, number)
            WHERE image_id IS NOT NULL;
CREATE UNIQUE INDEX deployments_one_running ON deployments (project_id)
            WHERE status = 'running';
CREATE INDEX sessions_by_user ON sessions (user_id, seen_at);
CREATE INDEX members_by_user ON members (user_id, project_id);
CREATE INDEX partner_users_by_partner ON partner_users (partner_id, id);
CREATE INDEX device_logins_by_age ON device_logins (created_at);
CREATE INDEX device_logins_by_user ON device_logins (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX webhooks_by_project ON webhooks (project_id, id);
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, position);
CREATE INDEX deliveries_waiting ON deliveries (webhook_id, position)
            WHERE status = 'waiting';
CREATE UNIQUE INDEX deliveries_once ON deliveries (webhook_id, deployment_id, event)
            WHERE resent_from IS NULL AND deployment_id IS NOT NULL;
CREATE INDEX domains_by_project ON domains (project_id, id);
CREATE INDEX domains_by_next_check ON domains (next_check_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('deliveries',4);
COMMIT;
