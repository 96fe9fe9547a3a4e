"""Calls tools of AWS's MCP server over its standard input and output, as an assistant does.

Reads a list of [tool, arguments] as JSON, and prints a list of [is an error, answer]. An argument "$NAME" is the member NAME
of the last answer.
"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


def filled(arguments, last):
    def value(text):
        return last[text[1:]] if isinstance(text, str) and text.startswith("$") else text

    return {name: value(text) for name, text in arguments.items()}


async def main():
    calls = json.load(sys.stdin)
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "awslabs.cloudtrail_mcp_server.server"], env=dict(os.environ)
    )
    answers, last = [], {}
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = sorted(tool.name for tool in (await session.list_tools()).tools)
        for tool, arguments in calls:
            called = await session.call_tool(tool, filled(arguments, last))
            texts = [content.text for content in called.content]
            failed = called.is_error
            answer = texts if failed else called.structured_content
            if not failed and set(answer) == {"result"}:
                answer = answer["result"]
            last = answer if isinstance(answer, dict) else last
            answers.append([failed, answer])
    print(json.dumps({"tools": tools, "answers": answers}))


asyncio.run(main())
