"""An S3-compatible server that checks signatures: moto's, in an environment of its own (`s3.lock`).

Its libraries don't go together with the product's. Says on standard output, as JSON, where it is and
with which key it is entered; ends with its standard input. What it has from the start:

    backups/many/…        five names
    backups/killed/torso  an upload that was begun and never ended
"""

import json
import logging
import os
import sys
from typing import Any

#: Making the user, its key, its policy and the bucket; from then on each request must be signed.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
BUCKET = "backups"
NAMES = 5
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    key_id, secret = make_key(endpoint)
    fill(client("s3", endpoint, key_id, secret))
    told = {"endpoint": endpoint, "bucket": BUCKET, "region": REGION}
    print(json.dumps(told | {"key_id": key_id, "secret": secret}), flush=True)
    sys.stdin.read()
    server.stop()


def client(service: str, endpoint: str, *key: str) -> Any:
    key_id, secret = key or ("any", "any")
    return boto3.client(
        service,
        endpoint_url=endpoint,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        region_name=REGION,
    )


def make_key(endpoint: str) -> tuple[str, str]:
    """Id and secret of a key that may do all with the bucket, which is there then."""
    iam = client("iam", endpoint)
    iam.create_user(UserName="box")
    key = iam.create_access_key(UserName="box")["AccessKey"]
    iam.put_user_policy(UserName="box", PolicyName="all", PolicyDocument=json.dumps(POLICY))
    where = {"LocationConstraint": REGION}
    client("s3", endpoint).create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    return key["AccessKeyId"], key["SecretAccessKey"]


def fill(s3: Any) -> None:
    for number in range(NAMES):
        s3.put_object(Bucket=BUCKET, Key=f"many/{number}", Body=b"x")
    s3.create_multipart_upload(Bucket=BUCKET, Key="killed/torso")


if __name__ == "__main__":
    main()
