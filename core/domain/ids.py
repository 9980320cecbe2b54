"""The kinds of ids, so that a child's id is never passed where a course's is meant."""

from __future__ import annotations

from typing import NewType

OrgId = NewType("OrgId", int)
PersonId = NewType("PersonId", int)
ClassId = NewType("ClassId", int)
CourseId = NewType("CourseId", int)
LessonId = NewType("LessonId", int)
TermId = NewType("TermId", int)
HomeworkId = NewType("HomeworkId", int)
AttachmentId = NewType("AttachmentId", int)
PostingId = NewType("PostingId", int)
AnnouncementId = NewType("AnnouncementId", int)
ChatId = NewType("ChatId", int)
LinkId = NewType("LinkId", int)
InvitationId = NewType("InvitationId", int)

LARGEST_ID = 2**63 - 1
"""What both databases can hold; a larger number in a tap is forged."""
