"""What a customer asks for, and what it costs them: by ticket type, less a member's saving, less a code."""
