"""From an uploaded archive to what the engine needs to build it. Knows no engine and no store.

In the order in which the pipeline uses it:

    intake.check_archive(path, limits)         is it a good archive? (awaited; reads it once)
    intake.extract(path, directory, limits)    unpacks it, whole or not at all (awaited)
    source.DirectoryTree(directory)            the read-only view that is detected from
    detect.detect(tree, project, env)          → BuildPlan, or UnknownApp / Invalid for the person
    explain.explain_plan(plan)                 the first lines of the build's log
    secrets.build_secrets(plan, env, key)      → secrets of the session, build arguments, flags
    static_server.static_server_image(…)       if `plan.static`: a helper image to have first, built
                                               from `context.files_context(dockerfile, files)`
    dockerfile.render_dockerfile(plan, …)      if `plan.build_method` is auto
    references.images_named(dockerfile)        what to pull before the build (not the helper)
    context.plan_context(directory, plan, …)   → `dockerfile` (its name) and `stream()` for the engine

`plan.port`, `plan.health_path` and `plan.release` are for what follows the build. An image of ours
holds its start command; with the app's own Dockerfile `commands.exec_form(plan.start)` replaces the
image's, if `plan.start` is set.
"""
