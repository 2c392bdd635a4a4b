"""A Chalice app with one handler of each kind. What happened is written to a queue, so that tests can see it."""

import json
import os
import time

import boto3
from chalice import Chalice

app = Chalice(app_name="sample")
sqs = boto3.client("sqs")


class PassingError(Exception):
    """A fault that goes away by itself."""


def tell(**what):
    """Note what happened, and when."""
    note = {**what, "at": time.time()}
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="seen")["QueueUrl"], MessageBody=json.dumps(note))


@app.on_s3_event(bucket=os.environ["LANDFALL_BUCKET"], prefix="incoming/", suffix=".csv")
def on_landed(event):
    record = event.to_dict()["Records"][0]
    tell(what="landed", object=record["s3"]["object"], name=record["eventName"])
    if "flaky" in event.key:
        raise PassingError("an event is tried again")


@app.on_sqs_message(queue=os.environ["LANDFALL_RUN_QUEUE"], batch_size=1)
def on_run(event):
    """Fails; the first time it asks to be tried again after two seconds."""
    record = event.to_dict()["Records"][0]
    attempt = int(record["attributes"]["ApproximateReceiveCount"])
    tell(what="run", body=record["body"], attempt=attempt)
    sqs.change_message_visibility(
        QueueUrl=sqs.get_queue_url(QueueName=os.environ["LANDFALL_RUN_QUEUE"])["QueueUrl"],
        ReceiptHandle=record["receiptHandle"],
        VisibilityTimeout=2 if attempt == 1 else 0,
    )
    raise PassingError(f"attempt {attempt}")


@app.on_sqs_message(queue=os.environ["LANDFALL_RUN_QUEUE"] + "-dead", batch_size=1)
def on_dead_run(event):
    tell(what="dead", body=next(iter(event)).body)


@app.on_sqs_message(queue=os.environ["LANDFALL_CHUNK_QUEUE"], batch_size=1, maximum_concurrency=10)
def on_chunk(event):
    record = event.to_dict()["Records"][0]
    time.sleep(0.4)
    attempt = int(record["attributes"]["ApproximateReceiveCount"])
    tell(what="chunk", body=record["body"], attempt=attempt, pid=os.getpid())


@app.on_cw_event({"source": ["aws.redshift-data"]})
def on_statement(event):
    tell(what="statement", detail=event.detail)


@app.schedule("rate(5 minutes)")
def sweep(event):
    tell(what="sweep")


@app.lambda_function()
def on_call(event, context):
    if event.get("fail"):
        raise PassingError(event["fail"])
    return {"left": context.get_remaining_time_in_millis(), "name": context.function_name, "echo": event}


@app.lambda_function()
def on_long(event, context):
    time.sleep(event["seconds"])


@app.route("/hello/{name}")
def hello(name):
    return {"hello": name, "bucket": os.environ["LANDFALL_BUCKET"]}
