"""No form of this product takes a file."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

_SENTENCE = "This server takes no files."


class NoUploads(FileUploadHandler):
    """Refuses a file before its first byte is written anywhere."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise RequestDataTooBig(_SENTENCE)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        raise RequestDataTooBig(_SENTENCE)

    def file_complete(self, file_size: int) -> None:
        raise RequestDataTooBig(_SENTENCE)
