//! Tests of reading Compose files.

use super::*;
use crate::formats::shell;
use crate::formats::yaml;

const FILE: &str = r#"x-common: &common
  restart: always
  environment: &env {A: 1, B: "é"}
services:
  web:
    <<: *common
    build: {context: ./app, dockerfile: Dockerfile.prod, target: final, args: [V=1, W]}
    command: ["uvicorn", "app:app", "--host", "127.0.0.1"]
    environment:
      - PORT=${PORT:-8000}
      - "HOST=0.0.0.0"
      - TOKEN
    env_file: [.env, {path: .env.local, required: false}]
    ports:
      - "127.0.0.1:8080:8000"
      - 3000
      - "${P:-1}:2/udp"
      - "${Q}:9"
      - "[::1]:5:6"
      - {target: 80, published: "8081", host_ip: 0.0.0.0}
      - 8000-8010:8000-8010
    expose: [9000, "9001"]
    volumes: [./data:/data:ro, cache:/c, /anon, {type: bind, source: ./x, target: /y}, "C:\\d:/d"]
    healthcheck: {test: ["CMD-SHELL", "curl -f http://localhost || exit 1"]}
    depends_on: {db: {condition: service_healthy}}
    working_dir: /srv
  worker:
    <<: *common
    image: python:${V:-3.12}
    entrypoint: sh -c "python app.py --port ${PORT:-1}"
    command: []
    environment: {<<: *env, C: }
    healthcheck: {disable: true}
    build: .
    depends_on: [web]
"#;

#[test]
fn a_compose_file_is_read_with_places() {
    for text in [FILE.to_owned(), FILE.replace('\n', "\r\n")] {
        let root = yaml::parse(&text, 0).unwrap().remove(0).root;
        let compose = Compose::from_node(&root, &text).unwrap();
        let web = compose.service("web").unwrap();
        let build = web.build.as_ref().unwrap();
        assert_eq!((build.context.value.as_str(), build.target.as_ref().unwrap().value.as_str()), ("./app", "final"));
        assert_eq!((build.args[0].resolved.as_deref(), build.args[1].value.is_none()), (Some("1"), true));
        let host = shell::program(&web.command.as_ref().unwrap()[0]).unwrap().flag(&["--host"]).unwrap();
        assert_eq!(host.span.of(&text), "\"127.0.0.1\"");
        let environment: Vec<_> =
            web.environment.iter().map(|set| (set.name.span.of(&text), set.resolved.as_deref())).collect();
        assert_eq!(environment, [("PORT", Some("8000")), ("HOST", Some("0.0.0.0")), ("TOKEN", None)]);
        assert_eq!(web.environment[1].value.as_ref().unwrap().span.of(&text), "0.0.0.0");
        assert_eq!(web.env_files[1].path.value, ".env.local");
        let ports: Vec<_> = web.ports.iter().map(|port| (port.published, port.target)).collect();
        assert_eq!(
            ports,
            [
                (Some(8080), Some(8000)),
                (None, Some(3000)),
                (Some(1), Some(2)),
                (None, Some(9)),
                (Some(5), Some(6)),
                (Some(8081), Some(80)),
                (None, None),
            ]
        );
        assert_eq!((web.ports[0].host_address.as_deref(), web.ports[2].protocol.as_str()), (Some("127.0.0.1"), "udp"));
        let volumes: Vec<_> = web.volumes.iter().map(|v| (v.source.as_deref(), v.target.as_str())).collect();
        assert_eq!(
            volumes,
            [
                (Some("./data"), "/data"),
                (Some("cache"), "/c"),
                (None, "/anon"),
                (Some("./x"), "/y"),
                (Some("C:\\d"), "/d"),
            ]
        );
        assert_eq!(web.healthcheck.as_ref().unwrap().commands[0].words[0].span.of(&text), "curl");
        assert_eq!(web.depends_on[0].value, "db");
        assert_eq!(web.waits_for[0].value, "db");
        let worker = compose.service("worker").unwrap();
        assert_eq!(worker.image_reference.as_ref().unwrap().tag.as_deref(), Some("3.12"));
        let entry = shell::program(&worker.entrypoint.as_ref().unwrap()[0]).unwrap();
        assert_eq!(entry.python_script().unwrap().0.span.of(&text), "app.py");
        assert_eq!(worker.command.as_deref(), Some([].as_slice()));
        let names: Vec<_> = worker.environment.iter().map(|set| set.name.value.as_str()).collect();
        assert_eq!(names, ["C", "A", "B"]);
        assert!(worker.healthcheck.as_ref().unwrap().disabled);
    }
}
