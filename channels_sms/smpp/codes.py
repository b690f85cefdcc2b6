"""Numbers of the protocol and what they mean for us. The numbers are smpplib's; the judgement is ours."""

from typing import Final

from smpplib import consts
from smpplib.command_codes import commands

RESPONSE: Final = 0x80000000  # the bit that makes a command id an answer

GENERIC_NACK: Final[int] = commands["generic_nack"]
BIND_RECEIVER: Final[int] = commands["bind_receiver"]
BIND_TRANSMITTER: Final[int] = commands["bind_transmitter"]
BIND_TRANSCEIVER: Final[int] = commands["bind_transceiver"]
SUBMIT_SM: Final[int] = commands["submit_sm"]
SUBMIT_SM_RESP: Final[int] = commands["submit_sm_resp"]
DELIVER_SM: Final[int] = commands["deliver_sm"]
DELIVER_SM_RESP: Final[int] = commands["deliver_sm_resp"]
DATA_SM: Final[int] = commands["data_sm"]
DATA_SM_RESP: Final[int] = commands["data_sm_resp"]
UNBIND: Final[int] = commands["unbind"]
UNBIND_RESP: Final[int] = commands["unbind_resp"]
OUTBIND: Final[int] = commands["outbind"]
ENQUIRE_LINK: Final[int] = commands["enquire_link"]
ENQUIRE_LINK_RESP: Final[int] = commands["enquire_link_resp"]
ALERT_NOTIFICATION: Final[int] = commands["alert_notification"]

COMMAND_NAMES: Final[dict[int, str]] = {number: name for name, number in commands.items()}

OK: Final[int] = consts.SMPP_ESME_ROK
INVALID_MESSAGE_LENGTH: Final[int] = consts.SMPP_ESME_RINVMSGLEN
INVALID_COMMAND_LENGTH: Final[int] = consts.SMPP_ESME_RINVCMDLEN
INVALID_COMMAND_ID: Final[int] = consts.SMPP_ESME_RINVCMDID
WRONG_BIND_STATE: Final[int] = consts.SMPP_ESME_RINVBNDSTS
ALREADY_BOUND: Final[int] = consts.SMPP_ESME_RALYBND
SYSTEM_ERROR: Final[int] = consts.SMPP_ESME_RSYSERR
INVALID_SOURCE: Final[int] = consts.SMPP_ESME_RINVSRCADR
INVALID_DESTINATION: Final[int] = consts.SMPP_ESME_RINVDSTADR
BIND_FAILED: Final[int] = consts.SMPP_ESME_RBINDFAIL
INVALID_PASSWORD: Final[int] = consts.SMPP_ESME_RINVPASWD
INVALID_SYSTEM_ID: Final[int] = consts.SMPP_ESME_RINVSYSID
QUEUE_FULL: Final[int] = consts.SMPP_ESME_RMSGQFUL
THROTTLED: Final[int] = consts.SMPP_ESME_RTHROTTLED
# The operator keeps the text and offers it again. Its neighbour 0x65 (permanent) makes it throw the text
# away: this link never answers that.
TEMPORARY: Final[int] = consts.SMPP_ESME_RX_T_APPN
BROKEN_OPTIONAL_PART: Final[int] = consts.SMPP_ESME_RINVOPTPARSTREAM

THROTTLING: Final = frozenset({THROTTLED, QUEUE_FULL})
# A submit refused with one of these may succeed later, unchanged; with any other it will be refused again.
PASSING: Final = frozenset(
    {*THROTTLING, TEMPORARY, SYSTEM_ERROR, WRONG_BIND_STATE, BIND_FAILED, consts.SMPP_ESME_RDELIVERYFAILURE}
)
# Refused binds that trying again quickly cannot mend and may get the account locked.
ACCOUNT_TROUBLE: Final = frozenset(
    {BIND_FAILED, INVALID_PASSWORD, INVALID_SYSTEM_ID, ALREADY_BOUND, consts.SMPP_ESME_RINVSYSTYP}
)

# Optional parameters (TLV tags) that we read.
TLV_RECEIPTED_MESSAGE_ID: Final[int] = consts.OPTIONAL_PARAMS["receipted_message_id"]
TLV_MESSAGE_STATE: Final[int] = consts.OPTIONAL_PARAMS["message_state"]
TLV_NETWORK_ERROR_CODE: Final[int] = consts.OPTIONAL_PARAMS["network_error_code"]
TLV_MESSAGE_PAYLOAD: Final[int] = consts.OPTIONAL_PARAMS["message_payload"]
TLV_SAR_REFERENCE: Final[int] = consts.OPTIONAL_PARAMS["sar_msg_ref_num"]
TLV_SAR_TOTAL: Final[int] = consts.OPTIONAL_PARAMS["sar_total_segments"]
TLV_SAR_NUMBER: Final[int] = consts.OPTIONAL_PARAMS["sar_segment_seqnum"]
TLV_USSD_SERVICE_OP: Final[int] = consts.OPTIONAL_PARAMS["ussd_service_op"]

UDH_INDICATOR: Final[int] = consts.SMPP_GSMFEAT_UDHI


def in_words(status: int) -> str:
    """A command_status for people: "Invalid Password (0x0000000E)"."""
    words = consts.DESCRIPTIONS.get(status)
    if words is None or words.startswith("<"):
        words = "operator's own code" if 0x400 <= status <= 0x4FF else "unknown code"
    return f"{words} (0x{status:08X})"
