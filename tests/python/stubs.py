"""Stubs made from proto/ at run time, and a caller that knows every method of the contract."""

import importlib
import pathlib
import sys
import tempfile
import types

import grpc
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
NO_LIMIT = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def make_stubs():
    """Compiles proto/ into a folder for temporary files; returns all messages in one namespace, and the service stubs."""
    protos = ROOT / "proto"
    # Kept until the process ends: the modules are imported from it.
    folder = tempfile.TemporaryDirectory(prefix="baoyici-stubs-")
    files = sorted(str(p.relative_to(protos)) for p in protos.rglob("*.proto"))
    arguments = ["protoc", f"-I{protos}", f"--python_out={folder.name}", f"--grpc_python_out={folder.name}", *files]
    if protoc.main(arguments) != 0:
        raise SystemExit("the service definitions cannot be compiled")
    sys.path.insert(0, folder.name)
    messages, services = types.SimpleNamespace(folder=folder), []
    for file in files:
        module = file.removesuffix(".proto").replace("/", ".")
        for name, value in vars(importlib.import_module(f"{module}_pb2")).items():
            if not name.startswith("_"):
                setattr(messages, name, value)
        for name, value in vars(importlib.import_module(f"{module}_pb2_grpc")).items():
            if name.endswith("Stub"):
                services.append(value)
    return messages, services


class Caller:
    """One account: every method of every service by its name, with the account's token."""

    def __init__(self, channel, services, secret):
        self._metadata = [("authorization", f"Bearer {secret}")] if secret else []
        self._methods = {}
        for service in services:
            for name, method in vars(service(channel)).items():
                self._methods[name] = method

    def __getattr__(self, name):
        method = self._methods[name]
        return lambda request, timeout=120: method(request, timeout=timeout, metadata=self._metadata)


def channel_to(address):
    return grpc.insecure_channel(address, options=NO_LIMIT)
