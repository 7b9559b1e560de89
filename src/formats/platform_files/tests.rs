//! Tests of reading platforms' files.

use super::*;

fn words<'a>(script: &Script, text: &'a str) -> Vec<&'a str> {
    script.commands.iter().flat_map(|command| &command.words).map(|word| word.span.of(text)).collect()
}

#[test]
fn fly() {
    let text = "app = 'x' # é\n[build]\n  dockerfile = \"Dockerfile.fly\"\n[env]\nPORT = \"8080\"\nN = 1\n[processes]\n\
                web = \"uvicorn \\u00e9 app:app --host 127.0.0.1\"\n[http_service]\ninternal_port = 8080\n\
                [[services]]\ninternal_port = 9000\n[[services.tcp_checks]]\ninterval = 1\n[mounts]\ndestination = \"/data\"\n";
    let fly = Fly::parse(text).unwrap();
    assert_eq!(fly.app.unwrap().span.of(text), "'x'");
    let ports: Vec<_> = fly.internal_ports.iter().map(|port| (port.value, port.span.of(text))).collect();
    assert_eq!(ports, [(8080, "8080"), (9000, "9000")]);
    assert_eq!(words(&fly.processes[0].1, text), ["uvicorn", "\\u00e9", "app:app", "--host", "127.0.0.1"]);
    let env: Vec<_> =
        fly.env.iter().map(|set| (set.name.span.of(text), set.value.as_ref().unwrap().value.as_str())).collect();
    assert_eq!(env, [("PORT", "8080"), ("N", "1")]);
    assert!(fly.has_checks);
    assert_eq!(fly.mounts[0].value, "/data");
    let error = Fly::parse("app = \n").unwrap_err();
    assert!(!error.message.is_empty() && error.span.end <= 7);
}

#[test]
fn render() {
    let text = "services:\n  - type: web\n    name: a\n    env: python\n    buildCommand: pip install -r requirements.txt\n    \
                startCommand: >-\n      gunicorn app:app\n      --bind 127.0.0.1:$PORT\n    envVars:\n      - key: PYTHON_VERSION\n        \
                value: 3.10\n      - key: S\n        sync: false\n      - fromGroup: g\n    disk: {mountPath: /d}\n";
    let service = Render::parse(text).unwrap().services.remove(0);
    assert_eq!(service.runtime.unwrap().value, "python");
    assert_eq!(service.python_version.unwrap().value, "3.10");
    assert_eq!(
        words(service.start_command.as_ref().unwrap(), text),
        ["gunicorn", "app:app", "--bind", "127.0.0.1:$PORT"]
    );
    assert_eq!(service.env_vars.len(), 2);
    assert_eq!(service.disk.unwrap().value, "/d");
    assert!(Render::parse("services: [").is_err());
}

#[test]
fn app_engine() {
    let text = "runtime: python39\nentrypoint: gunicorn -b :$PORT main:app\nenv_variables:\n  A: 'b'\n";
    let app = AppEngine::parse(text).unwrap().unwrap();
    assert_eq!(app.entrypoint.unwrap().invocations()[0].name(), "gunicorn");
    assert_eq!(app.env_variables[0].value.as_ref().unwrap().span.of(text), "'b'");
    assert_eq!(AppEngine::parse("apiVersion: v1\nkind: x").unwrap(), None);
}

#[test]
fn railway_and_nixpacks() {
    let json = "{\n\t\"$schema\": \"https://railway.app/railway.schema.json\",\n\t\"build\": {\"builder\": \"NIXPACKS\"},\n\t\
                \"deploy\": {\n\t\t\"startCommand\": \"python \\\"é.py\\\"\",\n\t\t\"numReplicas\": 1\n\t}\n}\n";
    let railway = Railway::parse_json(json).unwrap();
    assert_eq!(words(railway.start_command.as_ref().unwrap(), json)[0], "python");
    let toml = "[build]\nbuilder = \"DOCKERFILE\"\ndockerfilePath = \"./D\"\n[deploy]\nstartCommand = 'uvicorn a:b'\n";
    let railway = Railway::parse_toml(toml).unwrap();
    assert_eq!(railway.dockerfile_path.unwrap().value, "./D");
    assert_eq!(words(railway.start_command.as_ref().unwrap(), toml), ["uvicorn", "a:b"]);
    let nixpacks = "[phases.build]\ncmds = ['make', \"pip install x\"]\n[start]\ncmd = 'python a.py'\n";
    let found = Railway::parse_nixpacks(nixpacks).unwrap();
    assert_eq!(found.build_commands.len(), 2);
    assert_eq!(words(found.start_command.as_ref().unwrap(), nixpacks), ["python", "a.py"]);
}
