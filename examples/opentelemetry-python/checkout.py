"""A checkout service. `python checkout.py` serves POST /checkout on PORT (8085); `python checkout.py --once` serves one
request that it makes itself, prints what it sent as one line of JSON, and exits."""

import logging
import os
import sys
import threading

import requests
from flask import Flask
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from werkzeug.serving import make_server

from report import Recorder
from telemetry import start_telemetry

app = Flask(__name__)
tracer = trace.get_tracer("checkout", "1.4.2")


def reserve_stock():
    """Stock is reserved in a trace of its own; the checkout that uses it links to it."""
    span = tracer.start_span("reserve stock", context=Context(), kind=trace.SpanKind.PRODUCER)
    span.set_attribute("messaging.destination.name", "stock")
    span.end()
    return span.get_span_context()


def charge_card(reservation):
    links = [trace.Link(reservation, {"link.order": 1, "link.reason": "reserved"})]
    with tracer.start_as_current_span("charge card", links=links) as span:
        span.set_attributes(
            {
                "order.id": "Bestellung-4711 ☕",
                "order.coupon": "",
                "order.express": True,
                "order.items": 3,
                "order.user_id": 9007199254740993,
                "order.total": 59.99,
                "order.weight": 2.0,
                "order.skus": ["A-1", "ß-2"],
                "order.gift": [True, False],
                "order.quantities": [1, -2],
                "order.prices": [19.99, 20.5],
                "order.signature": bytes([0, 255, 16]),
                "order.address": {"city": "Zürich", "geo": [47.37, 8.54], "zip": 8001},
            }
        )
        span.add_event("cache miss", {"cache.key": "price:A-1", "cache.ratio": 0.5, "cache.tried": 2})
        try:
            raise ValueError("Karte abgelehnt: Limit 50 €")
        except ValueError as error:
            span.record_exception(error)
            span.set_status(trace.StatusCode.ERROR, str(error))


def send_receipt():
    with tracer.start_as_current_span("send receipt") as span:
        span.set_status(trace.StatusCode.OK)


@app.post("/checkout")
def checkout():
    charge_card(reserve_stock())
    send_receipt()
    return "card declined\n", 402


def run_once(provider, recorder):
    server = make_server("127.0.0.1", 0, app)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        with tracer.start_as_current_span("buy") as span:
            requests.post(f"http://127.0.0.1:{server.port}/checkout", timeout=10)
    finally:
        server.shutdown()
        serving.join()
    provider.shutdown()
    print(recorder.line(span.get_span_context().trace_id))


def main():
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    once = "--once" in sys.argv
    recorder = Recorder()
    provider = start_telemetry(*([recorder] if once else []))
    FlaskInstrumentor().instrument_app(app)
    RequestsInstrumentor().instrument()
    if once:
        return run_once(provider, recorder)
    port = int(os.environ.get("PORT", "8085"))
    print(f"curl -X POST http://localhost:{port}/checkout", flush=True)
    app.run(port=port)
    provider.shutdown()


if __name__ == "__main__":
    main()
