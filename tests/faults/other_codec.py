"""Run by itself, where the `smpp34` codec is importable: reads PDUs of ours and writes its own, for a judge to compare.

    other_codec.py PDUS ANSWERS

PDUS holds a hexadecimal PDU a line. ANSWERS gets a JSON object a line: what smpp34 reads in it and how it writes the
same again; the last line says how many there were. It may crash when its interpreter ends: the file is what counts.
"""

import json
import sys
from pathlib import Path

import smpp34

FIELDS = (
    "service_type", "source_addr_ton", "source_addr_npi", "source_addr", "dest_addr_ton", "dest_addr_npi",
    "destination_addr", "esm_class", "protocol_id", "priority_flag", "schedule_delivery_time", "validity_period",
    "registered_delivery", "replace_if_present_flag", "data_coding", "sm_default_msg_id",
)  # fmt: skip


def read(octets):
    found = smpp34.decode(octets)
    fields = {name: getattr(found, name) for name in FIELDS}
    kind = smpp34.SubmitSm if found.command_id == 0x04 else smpp34.DeliverSm
    again = kind(
        fields.pop("source_addr"),
        fields.pop("destination_addr"),
        found.short_message,
        **fields,
        tlvs=[smpp34.Tlv(one.tag, bytes(one.value)) for one in found.tlvs],
        sequence_number=found.sequence_number,
    ).encode()
    return {
        **{name: getattr(found, name) for name in FIELDS},
        "command": found.command_id,
        "sequence": found.sequence_number,
        "short_message": bytes(found.short_message).hex(),
        "tlvs": [[one.tag, bytes(one.value).hex()] for one in found.tlvs],
        "again": bytes(again).hex(),
    }


with Path(sys.argv[1]).open() as pdus, Path(sys.argv[2]).open("w") as answers:
    count = 0
    for count, line in enumerate(pdus, 1):  # noqa: B007
        try:
            answer = read(bytes.fromhex(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
    answers.write(json.dumps({"count": count}) + "\n")
