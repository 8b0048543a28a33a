"""The small marks inside BPMN shapes, as SVG paths around the origin: what an event is about, how a gateway splits, who does a task."""

ENVELOPE = "M-9 -6H9V6H-9Z M-9 -6L0 1L9 -6"
CLOCK = "M0 -10A10 10 0 1 1 -0.01 -10Z M0 -7V0L5 3 M0 -10V-8 M10 0H8 M0 10V8 M-10 0H-8"
LIGHTNING = "M-8 9L-3 -8L3 1L8 -9L3 8L-3 0Z"
DISC = "M0 -9A9 9 0 1 1 -0.01 -9Z"
ARROW = "M-8 8L0 -9L8 8L0 2Z"
TRIANGLE = "M0 -9L9 7H-9Z"

EVENTS = {"message": ENVELOPE, "timer": CLOCK, "error": LIGHTNING, "terminate": DISC, "escalation": ARROW, "signal": TRIANGLE}
"""By the kind of an event definition."""

GATEWAYS = {
    "exclusiveGateway": "M-7 -8L7 8 M7 -8L-7 8",
    "parallelGateway": "M0 -11V11 M-11 0H11",
    "eventBasedGateway": "M0 -13A13 13 0 1 1 -0.01 -13Z M0 -10A10 10 0 1 1 -0.01 -10Z M0 -7L7 -2L4 6H-4L-7 -2Z",
    "inclusiveGateway": "M0 -10A10 10 0 1 1 -0.01 -10Z",
    "complexGateway": "M0 -11V11 M-11 0H11 M-7 -7L7 7 M7 -7L-7 7",
}
"""By the gateway's type."""

TASKS = {
    "userTask": "M0 -7A3.5 3.5 0 1 1 -0.01 -7Z M-7 7C-7 1 -3 0 0 0C3 0 7 1 7 7Z",
    "serviceTask": (
        "M-1.5 -7H1.5L2 -5L4 -6L6 -4L5 -2L7 -1.5V1.5L5 2L6 4L4 6L2 5L1.5 7H-1.5L-2 5L-4 6L-6 4L-5 2L-7 1.5V-1.5L-5 -2L-6 -4L-4 -6L-2 -5Z "
        "M0 -2.5A2.5 2.5 0 1 1 -0.01 -2.5Z"
    ),
    "businessRuleTask": "M-7 -6H7V6H-7Z M-7 -2H7 M-7 2H7 M-2 -2V6",
    "manualTask": "M-7 6V-1L-2 -6L0 -4L-3 -1H6V1H1H7V3H1H6V5H0H-3V6Z",
    "sendTask": ENVELOPE,
    "receiveTask": ENVELOPE,
    "scriptTask": "M-5 -7H7C3 -3 9 2 5 7H-7C-3 2 -9 -3 -5 -7Z M-4 -3H3 M-3 1H4 M-4 4H3",
}
"""By the task's type."""

FILLED = frozenset({"sendTask"})
"""Tasks whose mark is filled."""

COLLAPSED = "M-6 -6H6V6H-6Z M0 -4V4 M-4 0H4"
"""At the foot of an activity that does not show what it holds."""
