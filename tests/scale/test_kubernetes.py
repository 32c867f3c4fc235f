"""The manifest for Kubernetes starts what is here, with arguments and settings that exist."""

from pathlib import Path
from typing import Any

import yaml

from onset.config import PREFIX, load_settings
from onset.scale.replica_limits import ScaleArguments, replica_settings

MANIFEST = Path(__file__).parents[2] / "docs" / "kubernetes" / "rayservice.yaml"


def manifest() -> dict[str, Any]:
    found = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def serve_config() -> dict[str, Any]:
    """What KubeRay gives to Serve: a text of YAML in the YAML."""
    found = yaml.safe_load(manifest()["spec"]["serveConfigV2"])
    assert isinstance(found, dict)
    return found


def containers() -> list[dict[str, Any]]:
    """Those of the head and of the workers."""
    cluster = manifest()["spec"]["rayClusterConfig"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    return [each for group in groups for each in group["template"]["spec"]["containers"]]


def test_it_is_a_ray_service_of_ours() -> None:
    assert (manifest()["apiVersion"], manifest()["kind"]) == ("ray.io/v1", "RayService")
    (application,) = serve_config()["applications"]
    module, _, function = application["import_path"].partition(":")
    source = Path(__file__).parents[2] / "src" / f"{module.replace('.', '/')}.py"
    assert f"\ndef {function}(" in source.read_text(encoding="utf-8")


def test_its_arguments_are_understood() -> None:
    (application,) = serve_config()["applications"]
    given = ScaleArguments.model_validate(application["args"])
    assert given.replicas is None and given.listeners is not None and given.cores is not None


def test_every_container_has_settings_that_a_replica_takes() -> None:
    for container in containers():
        values = {each["name"]: each.get("value", "a key") for each in container["env"]}
        ours = {name: value for name, value in values.items() if name.startswith(PREFIX)}
        settings = replica_settings(load_settings(ours))
        assert settings.api_key is not None and settings.allowed_hosts
        assert serve_config()["http_options"]["request_timeout_s"] >= settings.request_timeout


def test_replicas_fit_into_the_workers() -> None:
    """As many as may be started, in the cores of as many workers as may be started."""
    (application,) = serve_config()["applications"]
    (group,) = manifest()["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    (worker,) = group["template"]["spec"]["containers"]
    cores = group["maxReplicas"] * float(worker["resources"]["limits"]["cpu"])
    given = ScaleArguments.model_validate(application["args"])
    assert given.cores is not None
    assert given.max_replicas * given.cores <= cores


def test_workers_have_the_time_to_finish() -> None:
    (group,) = manifest()["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    grace = group["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace > load_settings({}).drain_timeout
