"""Faults that nobody foresaw, at the edges: logged by type and place, without the message, which may quote a person."""

import traceback

from aws_lambda_powertools import Logger


def log_unforeseen(logger: Logger, error: BaseException, request_id: str) -> None:
    """One line at level ERROR, with the frames from the edge to the fault."""
    frames = traceback.extract_tb(error.__traceback__)
    place = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    logger.error("unforeseen", extra={"request": request_id, "type": type(error).__name__, "at": place})
