"""The official Python client of OpenAI, unchanged, against a gateway. Prints what came of it as JSON."""

import json
import os

import openai

url = os.environ["GATEWAY_URL"] + "/v1"
client = openai.OpenAI(base_url=url, api_key=os.environ["GATEWAY_TOKEN"], max_retries=0)
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


def whole(model):
    return client.chat.completions.create(model=model, messages=question).choices[0].message.content


def streamed(model):
    chunks = client.chat.completions.create(
        model=model, messages=question, stream=True, stream_options={"include_usage": True}
    )
    text, usage = "", None
    for chunk in chunks:
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        usage = chunk.usage or usage
    return {"text": text, "usage": [usage.prompt_tokens, usage.completion_tokens]}


def round_trip(model):
    first = client.chat.completions.create(model=model, messages=question, tools=tools)
    [call] = first.choices[0].message.tool_calls
    messages = question + [
        first.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": "21 °C"},
    ]
    second = client.chat.completions.create(model=model, messages=messages, tools=tools)
    return {
        "finish": first.choices[0].finish_reason,
        "name": call.function.name,
        "arguments": json.loads(call.function.arguments),
        "text": second.choices[0].message.content,
    }


def streamed_call(model):
    with client.chat.completions.stream(model=model, messages=question, tools=tools) as stream:
        message = stream.get_final_completion().choices[0].message
    return [[call.function.name, json.loads(call.function.arguments)] for call in message.tool_calls]


def refusal(model, retries=0, key=None, headers=None):
    options = {"max_retries": retries, **({"api_key": key} if key else {})}
    given = {name: openai.Omit() if value is None else value for name, value in (headers or {}).items()}
    try:
        client.with_options(**options).chat.completions.create(
            model=model, messages=question, extra_headers=given
        )
    except openai.APIStatusError as error:
        return {"class": type(error).__name__, "status": error.status_code, "code": error.code}


def broken_stream(model):
    try:
        for _ in client.chat.completions.create(model=model, messages=question, stream=True):
            pass
    except openai.APIError as error:
        return {"class": type(error).__name__, "code": error.code}


def responses(model):
    text = ""
    for event in client.responses.create(model=model, input="Hi", stream=True):
        if event.type == "response.output_text.delta":
            text += event.delta
    return {"whole": client.responses.create(model=model, input="Hi").output_text, "streamed": text}


def embedding(model):
    return [round(number, 3) for number in client.embeddings.create(model=model, input="abc").data[0].embedding]


def models(model):
    return {"found": client.models.retrieve(model).id, "all": [each.id for each in client.models.list()]}


steps = {step.__name__: step for step in list(globals().values()) if callable(step) and hasattr(step, "__name__")}
print(json.dumps([steps[name](*arguments) for name, *arguments in json.loads(os.environ["STEPS"])]))
