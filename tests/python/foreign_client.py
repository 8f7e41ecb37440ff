"""A client of the service made from proto/ alone: stubs generated at run time, the binary started as a user starts it.

Knows nothing of the sources; shared by the road of tests/python and the corpus of tests/corpus.
"""
import importlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import uuid

import grpc
from grpc_status import rpc_status
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
SERVICES = ["organisation", "unit", "template", "overlap", "collection", "dataset", "report"]
MAX_BYTES = 256 << 20


def make_stubs():
    """Generates the stubs into a temporary folder and puts them on the path; returns the module of all messages and stubs."""
    folder = tempfile.mkdtemp(prefix="baoyici-stubs-")
    files = sorted(str(f) for f in (PROTO / "baoyici" / "v1").glob("*.proto"))
    include = str(pathlib.Path(protoc.__file__).parent / "_proto")
    status = protoc.main(["protoc", f"-I{PROTO}", f"-I{include}", f"--python_out={folder}", f"--grpc_python_out={folder}", *files])
    if status != 0:
        sys.exit(f"protoc failed with {status}")
    sys.path.insert(0, folder)

    class Pb:
        """Every message, enum value and stub of the package under its own name."""

    for name in ["common", *SERVICES]:
        for suffix in ("pb2", "pb2_grpc"):
            module = importlib.import_module(f"baoyici.v1.{name}_{suffix}")
            for key, value in vars(module).items():
                if not key.startswith("_"):
                    setattr(Pb, key, value)
    return Pb


pb = make_stubs()


class Server:
    """The binary on a data folder."""

    def __init__(self, binary, data, flags=()):
        self.binary, self.data = binary, data
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("BAOYICI_")}
        self.log = open(pathlib.Path(data) / "server.log", "ab")
        command = [binary, "serve", "--data", data, "--listen", "127.0.0.1:0", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, env=self.environment, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.process.wait()
            sys.exit(f"the server did not start:\n{(pathlib.Path(data) / 'server.log').read_text()}")
        self.address = line.removeprefix("listening on ").strip()
        options = [("grpc.max_receive_message_length", MAX_BYTES), ("grpc.max_send_message_length", MAX_BYTES)]
        self.channel = grpc.insecure_channel(self.address, options)

    def token(self, account, role, *scope):
        """Makes a token with the command line, as an operator does."""
        command = [self.binary, "token", "--data", self.data, "--account", account, "--role", role, *scope]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment)
        if done.returncode != 0:
            sys.exit(f"no token for {account}: {done.stderr}")
        return done.stdout.strip()

    def caller(self, account, role, *scope):
        return Caller(self.channel, self.token(account, role, *scope))

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


class Caller:
    """All services with one token. `caller.units.ListUnits(request)`."""

    def __init__(self, channel, secret):
        self.metadata = [("authorization", f"Bearer {secret}")] if secret else []
        self.organisations = Stub(pb.OrganisationServiceStub(channel), self.metadata)
        self.units = Stub(pb.UnitServiceStub(channel), self.metadata)
        self.templates = Stub(pb.TemplateServiceStub(channel), self.metadata)
        self.overlap = Stub(pb.OverlapServiceStub(channel), self.metadata)
        self.collection = Stub(pb.CollectionServiceStub(channel), self.metadata)
        self.dataset = Stub(pb.DatasetServiceStub(channel), self.metadata)
        self.reports = Stub(pb.ReportServiceStub(channel), self.metadata)


class Stub:
    """A stub that puts the token into every call."""

    def __init__(self, stub, metadata):
        self.stub, self.metadata = stub, metadata

    def __getattr__(self, method):
        call = getattr(self.stub, method)
        return lambda request, timeout=120: call(request, metadata=self.metadata, timeout=timeout)


class Refused(Exception):
    """A refused call: its gRPC code, the problems told and how many there are in all."""

    def __init__(self, error):
        self.code, self.message = error.code(), error.details()
        self.problems, self.total = [], 0
        status = rpc_status.from_call(error)
        for detail in status.details if status else []:
            problems = pb.ProblemList()
            if detail.Is(problems.DESCRIPTOR):
                detail.Unpack(problems)
                self.problems, self.total = list(problems.problems), problems.total
        super().__init__(f"{self.code.name}: {self.message}")

    def codes(self):
        return [p.code for p in self.problems]


def refusal(call, *arguments):
    """The refusal that a call ends in; None where it was taken."""
    try:
        answer = call(*arguments)
        if hasattr(answer, "__next__"):
            list(answer)
    except grpc.RpcError as error:
        return Refused(error)
    return None


def arguments(problem):
    return {a.name: a.value for a in problem.arguments}


def request_id():
    return uuid.uuid4().hex


def pages(call, request, entries):
    """All entries of a list, page by page."""
    while True:
        answer = call(request)
        yield from getattr(answer, entries)
        if not answer.next_cursor:
            return
        request.cursor = answer.next_cursor


def find_binary():
    """The binary to test: BAOYICI_BINARY, or what cargo built last in debug."""
    path = os.environ.get("BAOYICI_BINARY") or str(ROOT / "target" / "debug" / "baoyici")
    if not os.access(path, os.X_OK):
        sys.exit(f"{path} is missing: build it with `cargo build`, or name another with BAOYICI_BINARY")
    return path
