<#
.SYNOPSIS
Sends one file of the attached disk to Blob Storage in blocks, and prints one account of it as its last line.

.DESCRIPTION
Windows PowerShell 5.1, as SYSTEM, on a repair VM. A block's id holds its offset and the MD5 of its content, so that a run
which was interrupted is resumed by running the script again: a block that Blob Storage has already, whole and proved by its
MD5, is not sent twice. The account is UploadResult of bootmend/guest/upload.py. Exit code 0 means that it was printed, not
that the file was sent. The signature never reaches the output.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [ValidateRange(0, 63)]
    [int] $Lun,

    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[0-9a-f-]{8,36}$')]
    [string] $Identity,

    [Parameter(Mandatory = $true)]
    [ValidateRange(1, 128)]
    [int] $Partition,

    [Parameter(Mandatory = $true)]
    [ValidatePattern('^(\\[A-Za-z0-9_.][A-Za-z0-9_.-]*)+$')]
    [string] $File,

    [Parameter(Mandatory = $true)]
    [long] $Bytes,

    [Parameter(Mandatory = $true)]
    [ValidatePattern('^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._-]+)+$')]
    [string] $BlobUrl,

    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[A-Za-z0-9+/=]+$')]
    [string] $Sas
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$Version = 1
$WaitSeconds = 60
$PlainLimit = 2000
$BlockBytes = 8MB
$MostBlocks = 50000
$Tries = 6
$ApiVersion = '2021-12-02'
$Retried = @(408, 429, 500, 502, 503, 504)

# include attached_disk.ps1
# include document.ps1

function Open-Disk {
    # Onlining a disk that collides rewrites its identity: refused before anything is changed.
    $disk = Find-Disk $Lun
    if ($null -eq $disk) {
        throw "no disk at LUN $Lun"
    }
    if ((Get-Identity $disk) -ne $Identity) {
        throw "the disk at LUN $Lun is $(Get-Identity $disk), not $Identity"
    }
    if ((Get-OfflineReason $disk) -eq 'Collision') {
        throw "the disk's identity collides with another disk's"
    }
    if ($disk.IsOffline) {
        Set-Disk -Number $disk.Number -IsOffline $false
        $script:BroughtOnline = $true
    }
    return [int] $disk.Number
}

function Get-Letter {
    param([int] $Number)
    $found = Get-Partition -DiskNumber $Number -PartitionNumber $Partition
    if ([int] [char] $found.DriveLetter) {
        return [string] $found.DriveLetter
    }
    return ''
}

function Open-Partition {
    # A letter arrives late, or never where the volume asks for none: then it is given one, and taken from it at the end.
    param([int] $Number)
    $deadline = (Get-Date).AddSeconds($WaitSeconds)
    while ((Get-Letter $Number) -eq '' -and (Get-Date) -lt $deadline) {
        Start-Sleep -Seconds 3
        Update-HostStorageCache
    }
    if ((Get-Letter $Number) -eq '') {
        Add-PartitionAccessPath -DiskNumber $Number -PartitionNumber $Partition -AssignDriveLetter | Out-Null
        $script:Given = "$(Get-Letter $Number):\"
    }
    return Get-Letter $Number
}

function Get-NetworkFailure {
    # PowerShell wraps what a .NET method throws.
    param($Failure)
    while ($null -ne $Failure -and $Failure -isnot [System.Net.WebException] -and $Failure -isnot [System.IO.IOException]) {
        $Failure = $Failure.InnerException
    }
    return $Failure
}

function Get-Response {
    # .NET throws for an error status: the answer lies in the exception.
    param($Request)
    try {
        return $Request.GetResponse()
    }
    catch {
        $failure = Get-NetworkFailure $_.Exception
        if ($failure -is [System.Net.WebException] -and $null -ne $failure.Response) {
            return $failure.Response
        }
        throw
    }
}

function New-Request {
    param([string] $Method, [string] $Query, [hashtable] $Headers)
    $parameters = @($Query, $script:Signature) | Where-Object { $_ -ne '' }
    $request = [System.Net.WebRequest]::CreateHttp("${BlobUrl}?$($parameters -join '&')")
    $request.Method = $Method
    $request.Timeout = 120000
    $request.ReadWriteTimeout = 120000
    $request.AllowAutoRedirect = $false
    $request.ServicePoint.Expect100Continue = $false
    $request.Headers.Add('x-ms-version', $ApiVersion)
    foreach ($name in $Headers.Keys) {
        $request.Headers.Add($name, $Headers[$name])
    }
    return $request
}

function Invoke-Once {
    # One request. The status is 0 if no answer came, or only a part of one.
    param([string] $Method, [string] $Query, [byte[]] $Body, [hashtable] $Headers)
    $request = New-Request $Method $Query $Headers
    $answer = @{ status = 0; code = ''; size = -1; md5 = ''; text = '' }
    try {
        if ($Method -eq 'PUT') {
            $request.ContentLength = $Body.Length
            $stream = $request.GetRequestStream()
            $stream.Write($Body, 0, $Body.Length)
            $stream.Close()
        }
        $response = Get-Response $request
        if ($Method -eq 'GET') {
            $reader = New-Object System.IO.StreamReader($response.GetResponseStream(), [System.Text.Encoding]::UTF8)
            $answer.text = $reader.ReadToEnd()
            $reader.Close()
        }
        $answer.code = [string] $response.Headers['x-ms-error-code']
        $answer.size = $response.ContentLength
        $answer.md5 = [string] $response.Headers['Content-MD5']
        $answer.status = [int] $response.StatusCode
        $response.Close()
    }
    catch {
        $failure = Get-NetworkFailure $_.Exception
        if ($null -eq $failure) {
            throw
        }
        $answer.code = $failure.GetType().Name
        $request.Abort()
    }
    return $answer
}

function Invoke-Storage {
    # A request until it is answered for good: what a retry may cure is tried again, later each time.
    param([string] $Method, [string] $Query, [byte[]] $Body, [hashtable] $Headers, [int[]] $Accepts)
    $answer = $null
    for ($try = 1; $try -le $Tries; $try++) {
        if ($try -gt 1) {
            Start-Sleep -Seconds ([math]::Pow(2, $try - 1))
        }
        $answer = Invoke-Once $Method $Query $Body $Headers
        if ($Accepts -contains $answer.status) {
            return $answer
        }
        if ($answer.status -ne 0 -and $Retried -notcontains $answer.status) {
            break
        }
    }
    throw "Blob Storage answered $Method $Query with $($answer.status) $($answer.code)"
}

function Get-KnownBlock {
    # Name to size of every block that Blob Storage has of this blob, committed or not.
    $known = @{}
    $answer = Invoke-Storage 'GET' 'comp=blocklist&blocklisttype=all' $null @{} @(200, 404)
    $pattern = '<Block>\s*<Name>([^<]+)</Name>\s*<Size>(\d+)</Size>\s*</Block>'
    foreach ($found in [regex]::Matches($answer.text, $pattern)) {
        $known[$found.Groups[1].Value] = [long] $found.Groups[2].Value
    }
    return $known
}

function Get-BlockSize {
    param([long] $Length)
    $size = [long] $BlockBytes
    while ([math]::Ceiling($Length / $size) -gt $MostBlocks) {
        $size = $size * 2
    }
    return $size
}

function Get-Md5Text {
    param([byte[]] $Hash)
    return [System.BitConverter]::ToString($Hash).Replace('-', '').ToLowerInvariant()
}

function Write-ProgressLine {
    param([long] $Sent)
    $percent = [string] [math]::Floor(100 * $Sent / $Bytes)
    if ($percent -ne $script:Percent) {
        $script:Percent = $percent
        Write-Output "BOOTMEND/$Version progress upload $percent 0 1"
    }
}

function Read-Block {
    # Fills the buffer as far as the file goes; a read may return less than it was asked for.
    param($Stream, [byte[]] $Buffer)
    $count = 0
    while ($count -lt $Buffer.Length) {
        $read = $Stream.Read($Buffer, $count, $Buffer.Length - $count)
        if ($read -eq 0) {
            break
        }
        $count += $read
    }
    return $count
}

function Send-Block {
    # Prints progress lines; the ids are left in $script:Ids, since a function's output is what it prints.
    param($Stream, [hashtable] $Known)
    $block = [System.Security.Cryptography.MD5]::Create()
    $buffer = New-Object byte[] (Get-BlockSize $Bytes)
    $offset = [long] 0
    while (($count = Read-Block $Stream $buffer) -gt 0) {
        $body = $buffer
        if ($count -lt $buffer.Length) {
            $body = New-Object byte[] $count
            [System.Array]::Copy($buffer, $body, $count)
        }
        [void] $script:Whole.TransformBlock($body, 0, $count, $null, 0)
        $hash = $block.ComputeHash($body)
        $name = '{0:x16}-{1}' -f $offset, (Get-Md5Text $hash)
        $id = [System.Convert]::ToBase64String([System.Text.Encoding]::ASCII.GetBytes($name))
        if ($Known.ContainsKey($id) -and $Known[$id] -eq $count) {
            $script:Account.blocks_reused++
        }
        else {
            # Blob Storage refuses a block whose MD5 is another than Content-MD5 (Put Block).
            $headers = @{ 'Content-MD5' = [System.Convert]::ToBase64String($hash) }
            $query = 'comp=block&blockid=' + [System.Uri]::EscapeDataString($id)
            [void] (Invoke-Storage 'PUT' $query $body $headers @(201))
            $script:Account.blocks_sent++
        }
        [void] $script:Ids.Add($id)
        $offset += $count
        Write-ProgressLine $offset
    }
}

function Complete-Blob {
    # The blob becomes the listed blocks in this order; HEAD then tells what is stored.
    param([byte[]] $Md5)
    $list = New-Object System.Text.StringBuilder
    [void] $list.Append('<?xml version="1.0" encoding="utf-8"?><BlockList>')
    foreach ($id in $script:Ids) {
        [void] $list.Append("<Latest>$id</Latest>")
    }
    [void] $list.Append('</BlockList>')
    $body = [System.Text.Encoding]::UTF8.GetBytes($list.ToString())
    $headers = @{
        'Content-MD5' = [System.Convert]::ToBase64String([System.Security.Cryptography.MD5]::Create().ComputeHash($body))
        'x-ms-blob-content-md5' = [System.Convert]::ToBase64String($Md5)
        'x-ms-blob-content-type' = 'application/octet-stream'
    }
    [void] (Invoke-Storage 'PUT' 'comp=blocklist' $body $headers @(201))
    $stored = Invoke-Storage 'HEAD' '' $null @{} @(200)
    $script:Account.stored_bytes = $stored.size
    if ($stored.size -ne $Bytes -or $stored.md5 -ne [System.Convert]::ToBase64String($Md5)) {
        throw "what is stored has $($stored.size) bytes and MD5 $($stored.md5): not the file"
    }
}

function Send-File {
    param([string] $Path)
    $stream = New-Object System.IO.FileStream($Path, 'Open', 'Read', 'Read', 1MB)
    try {
        if ($stream.Length -ne $Bytes) {
            throw "$Path has $($stream.Length) bytes, not $Bytes"
        }
        $script:Whole = [System.Security.Cryptography.MD5]::Create()
        $known = Get-KnownBlock
        $script:Account.ended = 'failed'
        Send-Block $stream $known
    }
    finally {
        $stream.Close()
    }
    [void] $script:Whole.TransformFinalBlock((New-Object byte[] 0), 0, 0)
    $script:Account.md5 = Get-Md5Text $script:Whole.Hash
    Complete-Blob $script:Whole.Hash
    $script:Account.ended = 'completed'
}

$clock = [System.Diagnostics.Stopwatch]::StartNew()
$script:Signature = ''
$script:BroughtOnline = $false
$script:Given = ''
$script:Percent = ''
$script:Ids = New-Object System.Collections.ArrayList
$script:Whole = $null
$script:Account = [ordered] @{
    version = $Version
    ended = 'refused'
    why = ''
    bytes = $Bytes
    blocks_sent = 0
    blocks_reused = 0
    md5 = $null
    stored_bytes = $null
    seconds = 0
    left_as_found = $true
}
$number = $null
try {
    [System.Net.ServicePointManager]::SecurityProtocol = [System.Net.SecurityProtocolType]::Tls12
    $script:Signature = [System.Text.Encoding]::ASCII.GetString([System.Convert]::FromBase64String($Sas))
    $number = Open-Disk
    Send-File "$(Open-Partition $number):$File"
}
catch {
    $why = "$($_.Exception.Message) (line $($_.InvocationInfo.ScriptLineNumber))"
    $script:Account.why = $why.Substring(0, [math]::Min(400, $why.Length))
}
try {
    if ($script:Given -ne '') {
        Remove-PartitionAccessPath -DiskNumber $number -PartitionNumber $Partition -AccessPath $script:Given
    }
    if ($script:BroughtOnline) {
        Set-Disk -Number $number -IsOffline $true
    }
}
catch {
    $script:Account.left_as_found = $false
}
$script:Account.seconds = [math]::Round($clock.Elapsed.TotalSeconds, 1)
Write-Output (Get-Document 'upload' $script:Account)
exit 0
