"""The program under test: started on a free port with a fresh folder, its accounts, and a graceful stop."""

import re
import signal
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import grpc

from stubs import Caller, channel_to


class Server:
    def __init__(self, binary, services, data=None):
        self.binary, self.services = binary, services
        self._folder = None if data else tempfile.TemporaryDirectory(prefix="baoyici-road-")
        self.data = data or self._folder.name
        self.process = None
        self.start()

    def start(self):
        self._log = tempfile.TemporaryFile("w+")
        command = [self.binary, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--log-level", "warn"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True)
        for line in self.process.stdout:
            found = re.search(r"listening on (\S+)", line)
            if found:
                break
        else:
            self._log.seek(0)
            raise SystemExit(f"the server did not start:\n{self._log.read()}")
        self.address = found[1]
        self.channel = channel_to(self.address)
        grpc.channel_ready_future(self.channel).result(timeout=30)

    def stop(self):
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.channel.close()
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def log(self):
        self._log.seek(0)
        return self._log.read()

    def secret(self, account, role, organisation=None, unit=None):
        command = [self.binary, "token", "--data", self.data, "--account", account, "--role", role]
        command += ["--organisation", organisation] if organisation else []
        command += ["--unit", unit] if unit else []
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode != 0:
            raise SystemExit(f"no token for {account}: {made.stderr}")
        return made.stdout.split()[-1]

    def caller(self, secret):
        return Caller(self.channel, self.services, secret)

    def clerks(self, units):
        """Callers of the clerks of these units; tokens are made side by side, since each is a process of its own."""
        with ThreadPoolExecutor(4) as pool:
            secrets = pool.map(lambda unit: self.secret(f"clerk_{unit}", "clerk", unit=unit), units)
            return dict(zip(units, map(self.caller, secrets)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.channel.close()
        if self._folder:
            self._folder.cleanup()
