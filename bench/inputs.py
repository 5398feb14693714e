"""Inputs of one size for flowc and its peers, and flows of any number of steps."""

from __future__ import annotations

import re
from pathlib import Path

ORDER = (Path(__file__).parents[1] / "examples" / "order.flow").read_text()
SIZE = len(ORDER)


def flow(number: int) -> str:
    """The order example under another flow's name, so that no two files are equal."""
    return ORDER.replace("fulfil_order", f"fulfil_order_{number}")


def proto(number: int) -> str:
    """A clean Protocol Buffers file about as long as the order example."""
    package = f"acme.orders{number}.v1"
    text = f'syntax = "proto3";\n\npackage {package};\n\n'
    n = 0
    while len(text) < SIZE - 120:
        n += 1
        text += (
            f"// What is asked, and what is answered, by call number {n}.\n"
            f"message Call{n}Request {{\n  string order_id = 1;\n  repeated string items = 2;\n}}\n"
            f"message Call{n}Response {{\n  string hold_id = 1;\n  int64 total = 2;\n}}\n"
            f"service Call{n}Service {{\n"
            f"  rpc Call{n}(Call{n}Request) returns (Call{n}Response);\n}}\n\n"
        )
    return text


def bpmn(number: int) -> str:
    """A clean BPMN process of labelled tasks in sequence, about as long as the order example."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        f'id="D{number}" targetNamespace="http://example.com/orders">\n'
        f'  <bpmn:process id="P{number}" isExecutable="true">\n'
        '    <bpmn:startEvent id="S" name="placed"><bpmn:outgoing>F0</bpmn:outgoing>'
        "</bpmn:startEvent>\n"
    )
    body, n = "", 0
    while len(head) + len(body) < SIZE - 300:
        body += (
            f'    <bpmn:sequenceFlow id="F{n}" sourceRef="{"S" if n == 0 else f"T{n}"}" '
            f'targetRef="T{n + 1}" />\n'
            f'    <bpmn:serviceTask id="T{n + 1}" name="Do task {n + 1}">'
            f"<bpmn:incoming>F{n}</bpmn:incoming><bpmn:outgoing>F{n + 1}</bpmn:outgoing>"
            "</bpmn:serviceTask>\n"
        )
        n += 1
    return (
        f'{head}{body}    <bpmn:sequenceFlow id="F{n}" sourceRef="T{n}" targetRef="E" />\n'
        f'    <bpmn:endEvent id="E" name="shipped"><bpmn:incoming>F{n}</bpmn:incoming>'
        "</bpmn:endEvent>\n  </bpmn:process>\n</bpmn:definitions>\n"
    )


def wdl(number: int) -> str:
    """A clean WDL workflow about as long as the order example."""
    calls, tasks, n = "", "", 0
    while len(calls) + len(tasks) < SIZE - 200:
        n += 1
        calls += f"  call do_{n} {{\n    input: order = order\n  }}\n"
        tasks += (
            f"task do_{n} {{\n  input {{\n    String order\n  }}\n  command {{\n"
            "    echo order ~{order}\n  }\n"
            "  output {\n    String held = read_string(stdout())\n  }\n}\n\n"
        )
    outputs = "".join(f"    String held_{k} = do_{k}.held\n" for k in range(1, n + 1))
    return (
        f"version 1.0\n\nworkflow orders_{number} {{\n  input {{\n    String order\n  }}\n"
        f"{calls}  output {{\n{outputs}  }}\n}}\n\n{tasks}"
    )


def long_flow(steps: int) -> str:
    """A flow of so many steps, every tenth behind a condition, on the order example's contracts."""
    head = ORDER[: ORDER.index("/// Fulfil")]
    used = {"inventory", "fraud"}
    for service in re.findall(r"(?ms)^service (\w+) \{.*?^\}\n", head):
        if service not in used:
            head = re.sub(rf"(?ms)^service {service} \{{.*?^\}}\n", "", head)
    for declaration in ("Payment", "Parcel", "Receipt"):
        head = re.sub(rf"(?m)^type {declaration} .*\n", "", head)
    head = head.replace("error CardDeclined(code: text)\n", "")
    body = []
    for n in range(steps):
        if n % 10 == 3:
            body.append(
                f"  if order.total > {n} {{\n    step risk_{n} = fraud.score(order.id)\n"
                f"    if risk_{n}.level == High {{ fail FraudSuspected(risk_{n}.reason) }}\n  }}\n"
            )
        else:
            key = f'"{{order.id}}/{n}"'
            body.append(
                f"  step hold_{n} = inventory.reserve({key}, order.items)\n"
                f"    compensate inventory.release({key})\n"
            )
    return (
        f"{head}/// Hold a great deal.\nflow hold_all(order: Order) -> text {{\n"
        '  owner "team-orders" runbook "https://runbooks.example.com/orders"\n'
        "  key order.id on duplicate attach\n"
        "  deadline 9000d, compensate within 9000d\n"
        "  default with quick within 5m, compensate with stubborn\n\n"
        f"{''.join(body)}  return order.id\n}}\n"
    )


def write_all(root: Path, count: int) -> None:
    """`count` files for each tool, in a folder of its own: flow, proto, bpmn, wdl."""
    for kind in ("flow", "proto", "bpmn", "wdl"):
        (root / kind).mkdir(parents=True, exist_ok=True)
    (root / "flow" / "flowc.toml").write_text("")
    (root / "bpmn" / ".bpmnlintrc").write_text(
        '{"extends": "bpmnlint:recommended", "rules": {"no-bpmndi": "off"}}\n'
    )
    (root / "proto" / "buf.yaml").write_text("version: v2\nlint:\n  use: [STANDARD]\n")
    for n in range(count):
        (root / "flow" / f"order_{n}.flow").write_text(flow(n))
        folder = root / "proto" / "acme" / f"orders{n}" / "v1"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "orders.proto").write_text(proto(n))
        (root / "bpmn" / f"order_{n}.bpmn").write_text(bpmn(n))
        (root / "wdl" / f"order_{n}.wdl").write_text(wdl(n))
