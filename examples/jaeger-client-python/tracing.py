"""Starts jaeger-client by the JAEGER_ variables: where spans go and which traces are sampled. Unless JAEGER_SAMPLER_TYPE says
otherwise, all are. This client sends by UDP only."""

import os

from jaeger_client import Config


def start_tracing(wrap_reporter=lambda reporter: reporter):
    """The tracer; closing it sends what is still waiting."""
    config = {
        "tags": {"team.name": "Bücher & Söhne", "team.on_call": True, "team.size": 7, "team.load": 0.75},
        "max_tag_value_length": 64 * 1024,
        # The client reads JAEGER_AGENT_HOST, JAEGER_AGENT_PORT and JAEGER_TRACEID_128BIT itself, and no more than these.
        "local_agent": {"sampling_port": int(os.environ.get("JAEGER_SAMPLER_PORT", "5778"))},
        "sampling_refresh_interval": float(os.environ.get("JAEGER_SAMPLER_REFRESH_INTERVAL", "60")),
    }
    if os.environ.get("JAEGER_SAMPLER_TYPE", "const") != "remote":
        config["sampler"] = {
            "type": os.environ.get("JAEGER_SAMPLER_TYPE", "const"),
            "param": os.environ.get("JAEGER_SAMPLER_PARAM", "1"),
        }
    return _Config(config, wrap_reporter).initialize_tracer()


class _Config(Config):
    def __init__(self, config, wrap_reporter):
        super().__init__(config=config, service_name="shop-python", validate=True)
        self.wrap_reporter = wrap_reporter

    def create_tracer(self, reporter, sampler, throttler=None):
        return super().create_tracer(self.wrap_reporter(reporter), sampler, throttler)
