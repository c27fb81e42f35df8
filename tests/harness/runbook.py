"""The commands of a page of docs/runbooks, to be run as they stand there."""

import re
import subprocess

from . import servers, unmoor

FENCE = re.compile(r"^( *)```sh( background)?\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
EXIT = re.compile(r"# exit (\d+)\s*$")


class Page:
    """The blocks in their order; `end` says that none was left out. One that lasts is started, and runs
    until the test ends it. A command that ends otherwise than it says (`# exit 12`, or 0) fails the test."""

    def __init__(self, name, job):
        self.job = job
        text = (servers.ROOT / "docs" / "runbooks" / name).read_text("utf-8")
        self.blocks = [(m[3].replace("\n" + m[1], "\n").strip(), bool(m[2])) for m in FENCE.finditer(text)]
        assert self.blocks
        self.at = 0
        self._prepare()

    def _prepare(self):
        """The files that the pages speak of, and both programs."""
        folder = self.job.directory
        self.job.path = folder / "shop.yaml"
        self.job.write()
        for side, server in (("source", self.job.source), ("target", self.job.target)):
            (folder / f"{side}.cnf").write_text(f"[client]\nuser=root\nsocket={server.socket}\n")
        (folder / "bin").mkdir(exist_ok=True)
        client = servers.run_tool("client", self.job.source.kind)
        for name, program in (("unmoor", unmoor.BINARY), ("mysql", client)):
            path = folder / "bin" / name
            path.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
            path.chmod(0o755)

    def next(self, words):
        """Runs the next block, which has to hold these words, and gives what it printed."""
        block, background = self.blocks[self.at]
        self.at += 1
        assert words in block, f"the next block is another one:\n{block}"
        assert not background, block
        expected = int((EXIT.search(block) or [0, 0])[1])
        path = f"{self.job.directory / 'bin'}:/usr/bin:/bin"
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=self.job.directory, text=True, check=False,
                                capture_output=True, env=unmoor.environment(PATH=path), timeout=600)
        assert result.returncode == expected, f"{block}\nexit status {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def next_lasts(self, words):
        block, background = self.blocks[self.at]
        self.at += 1
        assert words in block and background, f"the next block is another one:\n{block}"
        program, command, option, file = block.split()
        assert (program, option, file) == ("unmoor", "-c", "shop.yaml"), block
        return self.job.spawn(command)

    def end(self):
        assert self.at == len(self.blocks), f"not run: {self.blocks[self.at:]}"
