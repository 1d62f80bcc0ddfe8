"""An S3-compatible server that checks signatures: moto's, as a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import boto3
import botocore.client
from botocore.config import Config

_WITHIN_S = 60
_UNSIGNED = 4  # calls that make the user, its key, its policy and the bucket


@dataclass(frozen=True)
class Server:
    """A server with one bucket, and a key to it."""

    endpoint: str
    key_id: str
    secret: str
    bucket: str = "backups"

    def client(self) -> botocore.client.BaseClient:
        """Amazon's own client, to look from the other side."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
            region_name="eu-central-1",
            config=Config(s3={"addressing_style": "path"}),
        )


@contextmanager
def serving(port: int) -> Iterator[Server]:
    """A server for the time of the block."""
    environ = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(_UNSIGNED)}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(port, process)
            yield _set_up(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while True:
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def _set_up(endpoint: str) -> Server:
    anyone = {
        "endpoint_url": endpoint,
        "aws_access_key_id": "any",
        "aws_secret_access_key": "any",
        "region_name": "eu-central-1",
    }
    iam = boto3.client("iam", **anyone)
    iam.create_user(UserName="box")
    key = iam.create_access_key(UserName="box")["AccessKey"]
    policy = """{"Version": "2012-10-17",
                 "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}"""
    iam.put_user_policy(UserName="box", PolicyName="all", PolicyDocument=policy)
    server = Server(endpoint, key["AccessKeyId"], key["SecretAccessKey"])
    boto3.client("s3", **anyone).create_bucket(
        Bucket=server.bucket,
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
    )
    return server
