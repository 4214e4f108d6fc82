"""LiteLLM's SDK, unchanged, with its switch for a gateway and its sign-in by a token. Prints what came of it as JSON."""

import json
import os
import time

import litellm
from litellm.proxy_auth import AccessToken, ProxyAuthHandler


class Credential:
    def get_token(self, scope):
        return AccessToken(token=os.environ["GATEWAY_TOKEN"], expires_on=int(time.time()) + 3600)


litellm.use_litellm_proxy = True
# The client below it does not start without one; the token takes its place in every request.
litellm.api_key = "unused"
litellm.api_base = os.environ["GATEWAY_URL"]
litellm.proxy_auth = ProxyAuthHandler(credential=Credential(), scope="api://gateway/.default")
litellm.suppress_debug_info = True
litellm.telemetry = False
question = [{"role": "user", "content": "What is the weather in Köln?"}]
tools = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather of a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


def complete(model, **more):
    return litellm.completion(model=model, messages=more.pop("messages", question), max_retries=0, **more)


def whole(model):
    return complete(model).choices[0].message.content


def streamed(model):
    text = ""
    for chunk in complete(model, stream=True):
        text += chunk.choices[0].delta.content or ""
    return text


def round_trip(model):
    first = complete(model, tools=tools).choices[0]
    [call] = first.message.tool_calls
    messages = question + [
        first.message,
        {"role": "tool", "tool_call_id": call.id, "content": "21 °C"},
    ]
    second = complete(model, messages=messages, tools=tools)
    return {
        "finish": first.finish_reason,
        "name": call.function.name,
        "arguments": json.loads(call.function.arguments),
        "text": second.choices[0].message.content,
    }


def refusal(model):
    try:
        complete(model)
    except Exception as error:
        return {"class": type(error).__name__, "status": getattr(error, "status_code", str(error)[:600])}


def embedding(model):
    return [round(number, 3) for number in litellm.embedding(model=model, input=["abc"]).data[0]["embedding"]]


steps = {step.__name__: step for step in list(globals().values()) if callable(step) and hasattr(step, "__name__")}
print(json.dumps([steps[name](*arguments) for name, *arguments in json.loads(os.environ["STEPS"])]))
