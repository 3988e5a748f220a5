<#
.SYNOPSIS
Runs a plan's native commands on the attached disk, and prints one transcript as its last line. Decides nothing.

.DESCRIPTION
Windows PowerShell 5.1, as SYSTEM, on a repair VM. The plan is Plan of bootmend/models/guest.py as JSON, packed by gzip
and base64; the transcript is Transcript of the same file. Commands run in order, the first failure ends the plan, and
clean-up runs always. Exit code 0 means that a transcript was printed, not that the plan was carried out.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[A-Za-z0-9+/=]+$')]
    [string] $Plan
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$Version = 1
$WaitSeconds = 60
$LineLimit = 4000
$PlainLimit = 2000
$MostLines = 40
$Allowed = @('bcdedit.exe', 'fc.exe', 'mountvol.exe', 'reg.exe', 'robocopy.exe', 'sfc.exe')
$SafeArgument = '(?:%SystemRoot%)?[A-Za-z0-9_.:\\/={}?-]+'

# include attached_disk.ps1
# include document.ps1

function Read-Plan {
    $packed = New-Object System.IO.MemoryStream(, [System.Convert]::FromBase64String($Plan))
    $unpacker = New-Object System.IO.Compression.GZipStream($packed, [System.IO.Compression.CompressionMode]::Decompress)
    $reader = New-Object System.IO.StreamReader($unpacker, [System.Text.Encoding]::UTF8)
    $read = ConvertFrom-Json -InputObject $reader.ReadToEnd()
    if ($read.version -ne $Version) {
        throw "the plan has version $($read.version), not $Version"
    }
    foreach ($command in $read.commands) {
        if ($Allowed -cnotcontains $command.exe) {
            throw "$($command.exe) is not on the allow-list"
        }
        foreach ($argument in $command.args) {
            if ($argument -cnotmatch "^$SafeArgument\z") {
                throw "$($command.id) has an argument that is not allowed"
            }
        }
    }
    return $read
}

function Open-Disk {
    # Onlining a disk that collides rewrites its identity: refused before anything is changed.
    param($Target)
    $disk = Find-Disk $Target.lun
    if ($null -eq $disk) {
        throw "no disk at LUN $($Target.lun)"
    }
    if ((Get-Identity $disk) -ne $Target.identity -or [string] $disk.PartitionStyle -ne $Target.style) {
        throw "the disk at LUN $($Target.lun) is $(Get-Identity $disk), not $($Target.identity)"
    }
    if ((Get-OfflineReason $disk) -eq 'Collision') {
        throw "the disk's identity collides with another disk's"
    }
    if ($disk.IsOffline) {
        Set-Disk -Number $disk.Number -IsOffline $false
    }
    if ((Get-Disk -Number $disk.Number).IsReadOnly) {
        Set-Disk -Number $disk.Number -IsReadOnly $false
    }
    return [int] $disk.Number
}

function Test-Letter {
    # Whether each letter of the plan leads to its volume on this disk, or, if the plan gives it, to nothing yet.
    param([int] $Number, $Volumes)
    foreach ($volume in $Volumes) {
        $path = "\\?\Volume{$($volume.id)}\"
        $partitions = @(Get-Partition -DiskNumber $Number | Where-Object { $_.AccessPaths -contains $path })
        if ($partitions.Count -ne 1 -or $partitions[0].PartitionNumber -ne $volume.partition) {
            return "the volume $($volume.id) is not partition $($volume.partition) of the disk"
        }
        $holder = @(Get-CimInstance -ClassName Win32_Volume | Where-Object { $_.DriveLetter -eq "$($volume.letter):" })
        if ($volume.mounted_by_plan) {
            if ($holder.Count -ne 0) {
                return "the letter $($volume.letter) is in use"
            }
        }
        elseif ($holder.Count -ne 1 -or $holder[0].DeviceID -ne $path) {
            return "the letter $($volume.letter) does not lead to the volume $($volume.id)"
        }
    }
    return ''
}

function Wait-Letter {
    param([int] $Number, $Volumes)
    $deadline = (Get-Date).AddSeconds($WaitSeconds)
    while ($true) {
        $trouble = Test-Letter $Number $Volumes
        if ($trouble -eq '') {
            return
        }
        if ((Get-Date) -gt $deadline) {
            throw $trouble
        }
        Start-Sleep -Seconds 3
        Update-HostStorageCache
    }
}

function Write-ProgressLine {
    param([string] $Command, [string] $Percent)
    Write-Output "BOOTMEND/$Version progress $Command $Percent $script:Done $script:Total"
}

function Get-Line {
    param($Command)
    return (@($Command.exe -replace '\.exe$', '') + @($Command.args)) -join ' '
}

function New-Start {
    param($Command)
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = Join-Path $env:SystemRoot "System32\$($Command.exe)"
    # No argument holds a space or a quote, so that joining them is exact.
    $start.Arguments = @($Command.args) -join ' '
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $encoding = [System.Text.Encoding]::Unicode
    if ($Command.encoding -ne 'utf-16') {
        $page = [System.Globalization.CultureInfo]::CurrentCulture.TextInfo.OEMCodePage
        $encoding = [System.Text.Encoding]::GetEncoding($page)
    }
    $start.StandardOutputEncoding = $encoding
    $start.StandardErrorEncoding = $encoding
    return $start
}

function Invoke-Once {
    # Prints progress lines; the answer is left in $script:Answer, since a function's output is what it prints.
    param($Command)
    $process = [System.Diagnostics.Process]::Start((New-Start $Command))
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $errors = $process.StandardError.ReadToEndAsync()
    $text = New-Object System.Text.StringBuilder
    $buffer = New-Object char[] 4096
    $reading = $process.StandardOutput.ReadAsync($buffer, 0, $buffer.Length)
    $percent = ''
    $timedOut = $false
    while ($true) {
        if ($clock.Elapsed.TotalSeconds -gt $Command.time_limit) {
            $timedOut = $true
            $process.Kill()
            break
        }
        if (-not $reading.Wait(500)) {
            continue
        }
        if ($reading.Result -eq 0) {
            break
        }
        [void] $text.Append($buffer, 0, $reading.Result)
        $found = [regex]::Matches($text.ToString(), '(\d{1,3}) ?%')
        if ($Command.progress -and $found.Count -gt 0 -and $found[$found.Count - 1].Groups[1].Value -ne $percent) {
            $percent = $found[$found.Count - 1].Groups[1].Value
            Write-ProgressLine $Command.id $percent
        }
        $reading = $process.StandardOutput.ReadAsync($buffer, 0, $buffer.Length)
    }
    $code = $null
    if (-not $timedOut) {
        $process.WaitForExit()
        [void] $text.Append($errors.Result)
        $code = $process.ExitCode
    }
    $script:Answer = @{ code = $code; text = $text.ToString(); timed_out = $timedOut }
}

function Test-Accepted {
    # No accepted codes: any will do, and the log decides.
    param($Command)
    if ($script:Answer.timed_out) {
        return $false
    }
    return @($Command.accepts).Count -eq 0 -or @($Command.accepts) -contains $script:Answer.code
}

function Invoke-PlanCommand {
    param($Command)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    for ($try = 1; $try -le $Command.tries; $try++) {
        if ($try -gt 1) {
            # A handle that is still open keeps a hive loaded: let go of what .NET holds.
            [System.GC]::Collect()
            [System.GC]::WaitForPendingFinalizers()
            Start-Sleep -Seconds 2
        }
        Invoke-Once $Command
        if (Test-Accepted $Command) {
            break
        }
    }
    $tail = $script:Answer.text.Replace([string] [char] 0, '')
    if ($tail.Length -gt $Command.tail_chars) {
        $tail = $tail.Substring($tail.Length - $Command.tail_chars)
    }
    if (Test-Accepted $Command) {
        $script:Succeeded += $Command.id
    }
    elseif ($script:Why -eq '') {
        $script:Why = "$($Command.id) ended with $($script:Answer.code)"
        if ($script:Answer.timed_out) {
            $script:Why = "$($Command.id) was ended at its time limit"
        }
    }
    $script:Results += [ordered] @{
        id = $Command.id
        line = Get-Line $Command
        article_step = $Command.article_step
        exit_code = $script:Answer.code
        seconds = [math]::Round($clock.Elapsed.TotalSeconds, 1)
        tail = $tail
        timed_out = $script:Answer.timed_out
    }
}

function Get-LogLength {
    param([string] $Path)
    if ($Path -and (Test-Path -LiteralPath $Path)) {
        return (Get-Item -LiteralPath $Path -Force).Length
    }
    return 0
}

function Read-SfcLog {
    # SFC adds to a log that is there already: only what came after $From is of this run.
    param([string] $Path, [long] $From)
    if (-not $Path) {
        return $null
    }
    if ((Get-LogLength $Path) -le $From) {
        return [ordered] @{ found = $false; lines = @(); dropped = 0 }
    }
    $stream = New-Object System.IO.FileStream($Path, 'Open', 'Read', 'ReadWrite')
    [void] $stream.Seek($From, 'Begin')
    $reader = New-Object System.IO.StreamReader($stream, [System.Text.Encoding]::UTF8, ($From -eq 0))
    $counts = [ordered] @{}
    while ($null -ne ($line = $reader.ReadLine())) {
        $at = $line.IndexOf('[SR] ')
        if ($at -lt 0) {
            continue
        }
        $message = $line.Substring($at + 5).Trim()
        if ($counts.Contains($message)) {
            $counts[$message] = $counts[$message] + 1
        }
        else {
            $counts.Add($message, 1)
        }
    }
    $reader.Close()
    # The lines that name trouble come first: they are the last to be left out.
    $bad = @($counts.Keys | Where-Object { $_ -match 'cannot' })
    $rest = @($counts.Keys | Where-Object { $_ -notmatch 'cannot' })
    $kept = @(($bad + $rest) | Select-Object -First $MostLines)
    return [ordered] @{
        found = $true
        lines = @($kept | ForEach-Object { [ordered] @{ text = $_; count = $counts[[string] $_] } })
        dropped = $counts.Count - $kept.Count
    }
}

function Get-ShortDocument {
    # A run command keeps the last 4,096 bytes: tails that prove nothing are cut first, then lines of SFC's log.
    param($Transcript, [string[]] $Proofs)
    $line = Get-Document 'transcript' $Transcript
    foreach ($limit in 160, 60, 20, 0) {
        if ($line.Length -le $LineLimit) {
            return $line
        }
        foreach ($result in $Transcript.commands) {
            if ($Proofs -notcontains $result.id -and $result.tail.Length -gt $limit) {
                $result.tail = $result.tail.Substring($result.tail.Length - $limit)
            }
        }
        $Transcript.shortened = $true
        $line = Get-Document 'transcript' $Transcript
    }
    foreach ($limit in 20, 8, 2) {
        if ($line.Length -le $LineLimit -or $null -eq $Transcript.sfc) {
            break
        }
        if ($Transcript.sfc.lines.Count -gt $limit) {
            $Transcript.sfc.dropped += $Transcript.sfc.lines.Count - $limit
            $Transcript.sfc.lines = @($Transcript.sfc.lines | Select-Object -First $limit)
        }
        $line = Get-Document 'transcript' $Transcript
    }
    return $line
}

$script:Done = 0
$script:Total = 0
$script:Why = ''
$script:Succeeded = @()
$script:Results = @()
$script:Answer = $null
$transcript = [ordered] @{
    version = $Version
    ended = 'refused'
    why = ''
    identity = $null
    offline = $false
    commands = @()
    sfc = $null
    shortened = $false
}
$number = $null
$proofs = @()
try {
    $read = Read-Plan
    $script:Total = @($read.commands).Count
    $proofs = @($read.commands | Where-Object { $_.proves } | ForEach-Object { $_.id })
    $number = Open-Disk $read.target
    Wait-Letter $number $read.volumes
    foreach ($command in $read.commands) {
        $wanted = $script:Why -eq '' -or $command.always
        if ($wanted -and (-not $command.after -or $script:Succeeded -contains $command.after)) {
            Write-ProgressLine $command.id '-'
            try {
                $isScan = $command.exe -eq 'sfc.exe'
                if ($isScan) {
                    $logLength = Get-LogLength $read.sfc_log
                }
                Invoke-PlanCommand $command
                # Read now: clean-up may take the log's letter away.
                if ($isScan) {
                    $transcript.sfc = Read-SfcLog $read.sfc_log $logLength
                }
            }
            catch {
                # Clean-up must still run: a command that cannot be started counts as failed.
                if ($script:Why -eq '') {
                    $script:Why = "$($command.id) could not be run: $($_.Exception.Message)"
                }
            }
        }
        $script:Done++
    }
    $transcript.ended = 'completed'
    if ($script:Why -ne '') {
        $transcript.ended = 'stopped'
    }
}
catch {
    if ($script:Results.Count -gt 0) {
        $transcript.ended = 'stopped'
    }
    $script:Why = "$($_.Exception.Message) (line $($_.InvocationInfo.ScriptLineNumber))"
}
if ($null -ne $number) {
    try {
        $transcript.identity = Get-Identity (Get-Disk -Number $number)
        Set-Disk -Number $number -IsOffline $true
        $transcript.offline = [bool] (Get-Disk -Number $number).IsOffline
    }
    catch {
        if ($script:Why -eq '') {
            $script:Why = "the disk could not be taken offline: $($_.Exception.Message)"
        }
    }
}
$transcript.why = $script:Why
$transcript.commands = @($script:Results)
Write-Output (Get-ShortDocument $transcript $proofs)
exit 0
