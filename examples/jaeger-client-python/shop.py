"""A shop service. `python shop.py` serves POST /checkout on PORT (8086); `python shop.py --once` serves requests that it makes
itself, prints what it sent as one line of JSON, and exits."""

import os
import sys
import threading
import time
import traceback
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import opentracing
from jaeger_client.sampler import RemoteControlledSampler
from opentracing import Format, Reference, ReferenceType, tags

from report import Recorder
from tracing import start_tracing


def reserve_stock():
    """Stock is reserved in a trace of its own; charging the card follows from it."""
    span = opentracing.tracer.start_span("reserve stock", tags={tags.SPAN_KIND: tags.SPAN_KIND_PRODUCER})
    span.finish()
    return span.context


def charge_card(request, reservation):
    references = [
        Reference(ReferenceType.CHILD_OF, request),
        Reference(ReferenceType.FOLLOWS_FROM, reservation),
    ]
    with opentracing.tracer.start_span("charge card", references=references) as span:
        span.set_tag("order.id", "Bestellung-4711 ☕")
        span.set_tag("order.coupon", "")
        span.set_tag("order.express", True)
        span.set_tag("order.items", 3)
        span.set_tag("order.user_id", 9007199254740993)
        span.set_tag("order.total", 59.99)
        span.set_tag("order.weight", 2.0)
        span.set_tag("order.note", "Bücher " * 3750)
        span.log_kv(
            {
                "event": "cache miss",
                "cache.key": "price:A-1",
                "cache.tried": 2,
                "cache.ratio": 0.5,
                "cache.stale": False,
            }
        )
        try:
            raise ValueError("Karte abgelehnt: Limit 50 €")
        except ValueError as error:
            span.set_tag(tags.ERROR, True)
            span.log_kv(
                {
                    "event": "error",
                    "error.kind": type(error).__name__,
                    "message": str(error),
                    "stack": traceback.format_exc(),
                }
            )
    return span.context


def send_receipt(charge):
    """Does not belong to the request any more: it only follows from the charge."""
    references = [Reference(ReferenceType.FOLLOWS_FROM, charge)]
    opentracing.tracer.start_span("send receipt", references=references).finish()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        """Records a span per HTTP request."""
        tracer = opentracing.tracer
        span = tracer.start_span(
            f"{self.command} {self.path}",
            child_of=tracer.extract(Format.HTTP_HEADERS, dict(self.headers)),
            tags={
                tags.SPAN_KIND: tags.SPAN_KIND_RPC_SERVER,
                tags.HTTP_METHOD: self.command,
                tags.HTTP_URL: self.path,
            },
        )
        customer = span.get_baggage_item("customer")
        if customer is not None:
            span.set_tag("customer", customer)
        send_receipt(charge_card(span.context, reserve_stock()))
        span.set_tag(tags.HTTP_STATUS_CODE, 402)
        span.finish()
        self.send_response(402)
        self.end_headers()
        self.wfile.write(b"card declined\n")

    def log_message(self, *_):
        pass


def checkout(port, headers):
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/checkout", headers=headers)
    connection.getresponse().read()
    connection.close()


def buy(port):
    """Asks the service for a checkout as its customers do; False: the sampler did not choose this trace."""
    with opentracing.tracer.start_span("buy", tags={tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT}) as span:
        if span.is_sampled():
            span.set_baggage_item("customer", "Zoë")
            headers = {}
            opentracing.tracer.inject(span.context, Format.HTTP_HEADERS, headers)
            checkout(port, headers)
    return span.is_sampled()


def refund():
    """A trace that the program itself wants to have, whatever the sampler says."""
    with opentracing.tracer.start_span("refund") as span:
        span.set_tag(tags.SAMPLING_PRIORITY, 1)


def wait_for(what, condition):
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not in 20 seconds")
        time.sleep(0.02)


def close(tracer):
    """Sends what is still waiting. The future is done by the client's own thread."""
    closed = tracer.close()
    wait_for("the last spans sent", closed.done)


def run_once(tracer):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # so that closing the server waits for their spans
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        if isinstance(tracer.sampler, RemoteControlledSampler):
            initial = tracer.sampler.sampler
            wait_for("a strategy from Spoor", lambda: tracer.sampler.sampler is not initial)
        wait_for("a sampled trace", lambda: buy(server.server_port))
        refund()
        # As support does to find its trace again: sampled whatever the sampler says, and marked.
        checkout(server.server_port, {"jaeger-debug-id": "support-case-7"})
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
    close(tracer)
    print(tracer.reporter.line())


def main():
    once = "--once" in sys.argv
    if once:
        return run_once(start_tracing(Recorder))
    tracer = start_tracing()
    port = int(os.environ.get("PORT", "8086"))
    print(f"curl -X POST http://localhost:{port}/checkout", flush=True)
    try:
        ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
    except KeyboardInterrupt:
        close(tracer)


if __name__ == "__main__":
    main()
